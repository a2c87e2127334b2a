import { type DestinationStream, pino } from 'pino';

/** What could not be written so far, at most: of more, the newest is left out. */
const KEPT_BYTES_MAX = 4_194_304;
/** After so long it is tried again where nothing else is said meanwhile. */
const RETRY_MS = 50;
/** At the end of a process it is tried for so long. */
const LAST_TRIES = 50;
const LAST_TRY_MS = 10;

export interface Outlet extends DestinationStream {
  /** Writes what is left, as far as somebody takes it. */
  end(): void;
}

/**
 * Where a pipe is full nothing waits for its reader: what it does not take is kept, up to a bound, and how many lines were left
 * out is said once there is room again. What is wrong with it otherwise (a full disk, a reader that has gone) costs lines, too,
 * never the process.
 */
export function openOutlet(fd: number, textMax: number, keptMax = KEPT_BYTES_MAX): Outlet {
  // To write at once and to be refused is cheaper than a thread's write, which no process ends without.
  const out = pino.destination({
    dest: fd,
    sync: true,
    maxLength: keptMax,
    maxWrite: textMax,
    retryEAGAIN: () => false,
  });
  let isFull = false;
  let isAwaited = false;
  let leftOut = 0;

  out.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EAGAIN') return;
    isFull = true;
    if (!isAwaited) setTimeout(retry, RETRY_MS).unref();
    isAwaited = true;
  });
  out.on('drop', (text: string) => {
    leftOut += text.split('\n').length - 1;
  });
  const write = (text: string) => {
    isFull = false;
    out.write(text);
    if (isFull || leftOut === 0) return;
    out.write(
      `{"level":40,"time":${Date.now()},"lines":${leftOut},"msg":"lines of the log were left out: nobody read them"}\n`,
    );
    leftOut = 0;
  };
  const retry = () => {
    isAwaited = false;
    write('');
  };
  return {
    write,
    end() {
      for (let tries = 0; isFull && tries < LAST_TRIES; tries += 1) {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LAST_TRY_MS);
        write('');
      }
    },
  };
}
