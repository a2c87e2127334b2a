import { type DestinationStream, type Logger, pino } from 'pino';

/** Lines that could not be written so far, at most: of more, the newest are left out. */
const KEPT_BYTES_MAX = 4_194_304;
/** What is as bad as this, or worse, is written before anything else happens. */
const WARN = 40;
/** How long other lines wait for more of them: each call wakes whoever reads them, which costs as much as a small answer. */
const GATHER_MS = 50;
const GATHERED_MAX = 16_384;
/** What POSIX writes into a pipe as a whole, whoever else writes into it. */
export const WHOLE_BYTES = 4_096;

/** Logs go to standard error as JSON lines; whatever could hold a secret is left out. */
export function createLog(level: string, mostBytes = GATHERED_MAX): Logger {
  // What a destination of its own buffers waits for ever, at the end, for a disk that is full.
  const destination = pino.destination({ dest: 2, sync: true, maxLength: KEPT_BYTES_MAX });
  // A full disk or a reader that has gone costs lines of the log, never the process.
  destination.on('error', () => {});
  const lines = gathered(destination, (work) => void setTimeout(work, GATHER_MS).unref(), mostBytes);
  process.once('exit', lines.flush);
  return pino({ level, base: undefined, redact: ['*.authorization', 'authorization', '*.token', 'token'] }, lines);
}

/** What pino tells a destination that asks for it. */
interface Lines extends DestinationStream {
  lastLevel?: number;
  flush(): void;
}

/** Lines that come within a while are written together; a warning at once, with all before it. */
export function gathered(out: DestinationStream, later: (work: () => void) => void, mostBytes = GATHERED_MAX): Lines {
  let text = '';
  let size = 0;
  let isWaiting = false;
  const flush = () => {
    isWaiting = false;
    if (text === '') return;
    const written = text;
    text = '';
    size = 0;
    out.write(written);
  };
  return {
    [pino.symbols.needsMetadataGsym as symbol]: true,
    write(line) {
      const bytes = Buffer.byteLength(line);
      if (size + bytes > mostBytes) flush();
      text += line;
      size += bytes;
      if ((this.lastLevel ?? 0) >= WARN || size >= mostBytes) return flush();
      if (!isWaiting) later(flush);
      isWaiting = true;
    },
    flush,
  } as Lines;
}
