import { writeSync } from 'node:fs';

/** What could not be written so far, at most: of more, the newest is left out. */
const KEPT_BYTES_MAX = 4_194_304;
/** After so long it is tried again where nothing else is said meanwhile. */
const RETRY_MS = 50;
/** At the end of a process it is tried for so long. */
const LAST_TRIES = 50;
const LAST_TRY_MS = 10;
const NEWLINE = 0x0a;

export interface Outlet {
  /** Takes whole lines; once it returns, their bytes are the caller's again. */
  write(lines: Uint8Array): void;
  /** Writes what is left, as far as somebody takes it. */
  end(): void;
}

/**
 * Where a pipe is full nothing waits for its reader: what it does not take is kept, up to a bound, and how many lines were left
 * out is said once there is room again. What is wrong with it otherwise (a full disk, a reader that has gone) costs lines, too,
 * never the process. To write at once and to be refused is cheaper than a thread's write, which no process ends without.
 */
export function openOutlet(fd: number, keptMax = KEPT_BYTES_MAX): Outlet {
  /** In their order, as they came together; of the first a part may be written. */
  const kept: Uint8Array[] = [];
  let keptBytes = 0;
  let isFull = false;
  let isAwaited = false;
  let leftOut = 0;

  /** Answers what has not been written. */
  const put = (lines: Uint8Array): Uint8Array => {
    let rest = lines;
    try {
      while (rest.length > 0) rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') awaitRoom();
    }
    return rest;
  };
  const awaitRoom = () => {
    isFull = true;
    if (!isAwaited) setTimeout(retry, RETRY_MS).unref();
    isAwaited = true;
  };
  const keep = (rest: Uint8Array) => {
    // A copy: the same memory is written to again.
    if (rest.length > 0) kept.push(Buffer.from(rest));
    keptBytes += rest.length;
  };
  const putKept = () => {
    isFull = false;
    let done = 0;
    for (const lines of kept) {
      const rest = put(lines);
      keptBytes -= lines.length - rest.length;
      if (rest.length > 0) {
        kept[done] = rest;
        break;
      }
      done += 1;
    }
    kept.splice(0, done);
    if (leftOut > 0 && kept.length === 0) {
      keep(put(textOf(leftOut)));
      leftOut = 0;
    }
  };
  const retry = () => {
    isAwaited = false;
    putKept();
  };
  return {
    write(lines) {
      putKept();
      if (kept.length === 0) keep(put(lines));
      else if (keptBytes + lines.length <= keptMax) keep(lines);
      else leftOut += linesIn(lines);
    },
    end() {
      for (let tries = 0; isFull && tries < LAST_TRIES; tries += 1) {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LAST_TRY_MS);
        putKept();
      }
    },
  };
}

function linesIn(lines: Uint8Array): number {
  let count = 0;
  for (const byte of lines) if (byte === NEWLINE) count += 1;
  return count;
}

function textOf(leftOut: number): Uint8Array {
  return Buffer.from(
    `{"level":40,"time":${Date.now()},"lines":${leftOut},"msg":"lines of the log were left out: nobody read them"}\n`,
  );
}
