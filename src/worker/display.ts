import { styleText } from 'node:util';
import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import type { Job } from './api.ts';
import { isUnderWay, lineOf, wordsOf } from './lines.ts';

export interface Display {
  /** How far a job is now. */
  shows(job: Job): void;
  note(text: string): void;
  close(): void;
}

export interface Output {
  isTTY?: boolean;
  write(text: string): unknown;
}

/** Bars on a terminal, else lines: where they stay, each is worth reading. */
export function createDisplay(out: Output & NodeJS.WritableStream, everyMs = 5_000): Display {
  return out.isTTY && process.env.TERM !== 'dumb' ? bars(out) : lines(out, everyMs);
}

/** For programs: one line of JSON for each job that has moved, and each note. */
export function jsonLines(out: Output): Display {
  const shown = new Map<string, string>();
  const say = (told: object) => void out.write(`${JSON.stringify(told)}\n`);
  return {
    shows(job) {
      const text = JSON.stringify(job);
      if (shown.get(job.job_id) !== text) say(job);
      if (isUnderWay(job)) shown.set(job.job_id, text);
      else shown.delete(job.job_id);
    },
    note: (note) => say({ note }),
    close() {},
  };
}

function lines(out: Output, everyMs: number): Display {
  const shown = new Map<string, { text: string; at: number }>();
  return {
    shows(job) {
      const text = lineOf(job);
      const before = shown.get(job.job_id);
      const isDue = !before || !isUnderWay(job) || performance.now() - before.at >= everyMs;
      if (!isDue || before?.text === text) return;
      shown.set(job.job_id, { text, at: performance.now() });
      out.write(`${text}\n`);
    },
    note: (text) => void out.write(`${text}\n`),
    close() {},
  };
}

function bars(out: NodeJS.WritableStream): Display {
  const bar = styleText('green', '{bar}', { stream: out, validateStream: true });
  const all = new MultiBar(
    { stream: out, format: `{job} ${bar} {percent}% {words}`, barsize: 30, hideCursor: true, gracefulExit: false },
    Presets.shades_classic,
  );
  const shown = new Map<string, SingleBar>();
  const note = (text: string) => {
    all.log(`${text}\n`);
    all.update();
  };
  return {
    note,
    shows(job) {
      const { total, done, failed, percent } = job.progress;
      const before = shown.get(job.job_id);
      if (!isUnderWay(job)) {
        if (before) all.remove(before);
        shown.delete(job.job_id);
        return note(lineOf(job));
      }
      const words = { job: job.job_id, percent, words: wordsOf(job) };
      const one = before ?? all.create(Math.max(1, total), 0, words);
      shown.set(job.job_id, one);
      one.setTotal(Math.max(1, total));
      one.update(done + failed, words);
    },
    close() {
      all.update();
      all.stop();
    },
  };
}
