import { type DestinationStream, pino } from 'pino';
import type { Outlet } from './outlet.ts';

/** What is as bad as this, or worse, is written before anything else happens. */
const WARN = 40;
/** How long other lines wait for more of them: each call wakes whoever reads them, which costs as much as a small answer. */
const GATHER_MS = 50;
/** Where so many wait, they are written. */
export const LINES_MAX = 128;

/**
 * Lines whose text is made when it is written, of what no longer changes: one behind the other such lines cost a quarter of what
 * each costs between two requests, where nothing of what it takes is at hand.
 */
export interface Draft {
  /** Of the oldest line that it keeps: no fewer bytes than it takes. */
  most(): number;
  /** Writes that line, keeps it no longer, and answers where it ends. */
  write(into: Buffer, at: number): number;
}

export interface Lines extends DestinationStream {
  /** What pino tells a destination that asks for it. */
  lastLevel?: number;
  /** One more line of a draft. */
  draft(of: Draft): void;
  flush(): void;
}

const byTimer = (work: () => void): void => void setTimeout(work, GATHER_MS).unref();

/** Lines that come within a while are written together, in their order; a warning at once, with all before it. */
export function gathered(out: Pick<Outlet, 'write'>, bytesMax: number, later = byTimer): Lines {
  const page = pageFor(out, bytesMax);
  let waiting: (string | Draft)[] = [];
  let characters = 0;
  let isAwaited = false;
  const flush = () => {
    const lines = waiting;
    waiting = [];
    characters = 0;
    for (const line of lines) page.add(line);
    page.send();
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

/** As few pieces as may be, each of whole lines: a line that is longer than others may be together is alone. */
function pageFor(out: Pick<Outlet, 'write'>, bytesMax: number) {
  const page = Buffer.allocUnsafeSlow(bytesMax);
  let end = 0;
  const send = () => {
    if (end > 0) out.write(page.subarray(0, end));
    end = 0;
  };
  return {
    send,
    add(line: string | Draft) {
      const most = typeof line === 'string' ? Buffer.byteLength(line) : line.most();
      if (end + most > bytesMax) send();
      if (most <= bytesMax) {
        end = written(line, page, end);
        return;
      }
      const alone = Buffer.allocUnsafe(most);
      out.write(alone.subarray(0, written(line, alone, 0)));
    },
  };
}

function written(line: string | Draft, into: Buffer, at: number): number {
  return typeof line === 'string' ? at + into.write(line, at) : line.write(into, at);
}
