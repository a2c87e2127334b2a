import { type DestinationStream, type Logger, pino } from 'pino';

/** Lines that could not be written so far, at most: of more, the newest are left out. */
const KEPT_BYTES_MAX = 4_194_304;
/** What is as bad as this, or worse, is written before anything else happens. */
const WARN = 40;

/** Logs go to standard error as JSON lines; whatever could hold a secret is left out. */
export function createLog(level: string): Logger {
  // What a destination of its own buffers waits for ever, at the end, for a disk that is full.
  const destination = pino.destination({ dest: 2, sync: true, maxLength: KEPT_BYTES_MAX });
  // A full disk or a reader that has gone costs lines of the log, never the process.
  destination.on('error', () => {});
  const lines = linesInTurns(destination, setImmediate);
  process.once('exit', lines.flush);
  return pino({ level, base: undefined, redact: ['*.authorization', 'authorization', '*.token', 'token'] }, lines);
}

/** What pino tells a destination that asks for it. */
interface Lines extends DestinationStream {
  lastLevel?: number;
  flush(): void;
}

/** Lines of one turn of the event loop are written together; a warning at once, with all before it. */
export function linesInTurns(out: DestinationStream, later: (work: () => void) => void): Lines {
  let text = '';
  const flush = () => {
    if (text === '') return;
    const written = text;
    text = '';
    out.write(written);
  };
  return {
    [pino.symbols.needsMetadataGsym as symbol]: true,
    write(line) {
      if (text === '') later(flush);
      text += line;
      if (this.lastLevel! >= WARN) flush();
    },
    flush,
  } as Lines;
}
