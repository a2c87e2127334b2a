import { styleText } from 'node:util';
import { Presets, SingleBar } from 'cli-progress';

export interface Progress {
  add: (count: number) => void;
  end: () => void;
}

interface Output extends NodeJS.WritableStream {
  isTTY?: boolean;
  columns?: number;
}

const EVERY_MS = 5_000;
/** Columns that hold the verb and the bar with its colour. */
const WIDE = 60;

/** How far long work is, on standard error: the total, the share and the time left; a bar on a terminal, elsewhere a line now and then. */
export function createProgress(
  verb: string,
  total: number,
  { out = process.stderr, now = () => performance.now(), unit = 'documents' }: Partial<ProgressOptions> = {},
): Progress {
  const begun = now();
  let done = 0;
  const wordsOf = () => {
    const all = Math.max(total, done);
    const share = all === 0 ? 100 : Math.floor((done / all) * 100);
    const left = done === 0 ? '?' : Math.ceil((((now() - begun) / done) * (all - done)) / 1000);
    return `${done} of ${all} ${unit} (${share} %), ${left} s left`;
  };
  const show = out.isTTY && process.env.TERM !== 'dumb' ? bar(out, verb, total) : lines(out, verb, now);
  return {
    add(count) {
      done += count;
      show.at(done, wordsOf);
    },
    end: () => show.end(),
  };
}

/** What a bar holds of the terminal and of the process is let go, however the work ends. */
export async function withProgress<T>(
  verb: string,
  total: number,
  work: (progress: Progress) => Promise<T>,
  options: Partial<ProgressOptions> = {},
): Promise<T> {
  const progress = createProgress(verb, total, options);
  try {
    return await work(progress);
  } finally {
    progress.end();
  }
}

export interface ProgressOptions {
  out: Output;
  now: () => number;
  /** What is counted. */
  unit: string;
}

interface Shown {
  at(done: number, words: () => string): void;
  end(): void;
}

function bar(out: Output, verb: string, total: number): Shown {
  // A line is cut to the terminal's width: what ends a colour must not be cut off.
  const isWide = (out.columns ?? WIDE) >= WIDE;
  const drawn = isWide ? styleText('green', '{bar}', { stream: out, validateStream: true }) : '{bar}';
  const one = new SingleBar(
    {
      stream: out,
      format: `${verb} ${drawn} {words}`,
      barsize: 30,
      clearOnComplete: true,
      gracefulExit: false,
      // Else the terminal would be told to wrap no lines, and never hear otherwise from a program that is stopped.
      linewrap: true,
    },
    Presets.shades_classic,
  );
  one.start(Math.max(1, total), 0, { words: '' });
  return {
    at(done, words) {
      one.setTotal(Math.max(1, total, done));
      one.update(done, { words: words() });
    },
    end: () => one.stop(),
  };
}

function lines(out: Output, verb: string, now: () => number): Shown {
  let shownAt = now();
  return {
    at(_, words) {
      if (now() - shownAt < EVERY_MS) return;
      shownAt = now();
      out.write(`${verb} ${words()}\n`);
    },
    end() {},
  };
}
