import { type DestinationStream, pino } from 'pino';

/** What is as bad as this, or worse, is written before anything else happens. */
const WARN = 40;
/** How long other lines wait for more of them: each call wakes whoever reads them, which costs as much as a small answer. */
const GATHER_MS = 50;
const LINES_MAX = 128;

/**
 * A line whose text is made when it is written, of what no longer changes: one behind the other such lines cost a quarter of what
 * each costs between two requests, where nothing of what it takes is at hand.
 */
export interface Draft {
  /** In ASCII, so that its length is known. */
  text(): string;
}

export interface Lines extends DestinationStream {
  /** What pino tells a destination that asks for it. */
  lastLevel?: number;
  draft(line: Draft): void;
  flush(): void;
}

const byTimer = (work: () => void): void => void setTimeout(work, GATHER_MS).unref();

/** Lines that come within a while are written together, in their order; a warning at once, with all before it. */
export function gathered(out: DestinationStream, bytesMax: number, later = byTimer): Lines {
  let waiting: (string | Draft)[] = [];
  let characters = 0;
  let isAwaited = false;
  const flush = () => {
    const lines = waiting;
    waiting = [];
    characters = 0;
    for (const text of together(lines, bytesMax)) out.write(text);
  };
  const whenAwaited = () => {
    isAwaited = false;
    flush();
  };
  const put = (line: string | Draft) => {
    waiting.push(line);
    if (waiting.length >= LINES_MAX) return flush();
    if (!isAwaited) later(whenAwaited);
    isAwaited = true;
  };
  return {
    [pino.symbols.needsMetadataGsym as symbol]: true,
    write(line) {
      if (characters + line.length > bytesMax) flush();
      characters += line.length;
      put(line);
      if ((this.lastLevel ?? 0) >= WARN) flush();
    },
    draft: put,
    flush,
  } as Lines;
}

/** As few texts as may be, each of whole lines: a line that is longer than others may be together is alone. */
function* together(lines: readonly (string | Draft)[], bytesMax: number): Generator<string> {
  let text = '';
  let size = 0;
  for (const line of lines) {
    const one = typeof line === 'string' ? line : line.text();
    const bytes = typeof line === 'string' ? Buffer.byteLength(line) : one.length;
    if (size > 0 && size + bytes > bytesMax) {
      yield text;
      text = '';
      size = 0;
    }
    text += one;
    size += bytes;
  }
  if (size > 0) yield text;
}
