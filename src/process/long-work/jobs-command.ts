import { setTimeout as sleep } from 'node:timers/promises';
import type { Api, Job } from '../../worker/api.ts';
import { connected, refusalAt } from '../../worker/connection.ts';
import { createDisplay, type Display } from '../../worker/display.ts';
import { isUnderWay, plain, wordsOf } from '../../worker/lines.ts';
import type { Env } from '../setup/env.ts';
import { placeOf } from '../setup/place-of-server.ts';
import { stopSignal } from '../setup/signals.ts';
import { inOneLine } from './worker-command.ts';

interface JobsWords {
  url?: string;
  tokenFile?: string;
  watch?: boolean;
  json?: boolean;
}

const EVERY_MS = 1_000;
const BAR_SIZE = 20;

/** `switchyard jobs`: what a token sees of long work, over the API. */
export async function jobsCommand(words: JobsWords, env: Env): Promise<void> {
  const place = placeOf(words, env);
  const stop = stopSignal();
  await inOneLine(async () => {
    const api = await connected(place, stop);
    try {
      if (words.watch) await watch(api, words.json ? jsonLines() : createDisplay(process.stdout, 0), stop);
      else list(await api.jobs(), words.json ?? false);
    } catch (error) {
      if (!stop.aborted) throw refusalAt(error, place.url);
    }
  });
}

function list(jobs: readonly Job[], asJson: boolean): void {
  if (asJson) return void process.stdout.write(`${JSON.stringify({ jobs })}\n`);
  for (const job of jobs) process.stdout.write(`${rowOf(job)}\n`);
  if (jobs.length === 0) process.stdout.write('No jobs.\n');
}

/** The bar is of what is done: what has failed is missing in it. */
function rowOf(job: Job): string {
  const { total, done } = job.progress;
  const full = total === 0 ? BAR_SIZE : Math.floor((BAR_SIZE * done) / total);
  const bar = '█'.repeat(full) + '░'.repeat(BAR_SIZE - full);
  const of = plain(`${job.resource_type} ${job.resource_id}`);
  return `${job.job_id}  ${job.kind.padEnd(7)}  ${bar}  ${wordsOf(job)}  (${of})`;
}

/** Until nothing is under way: at first all that is, then each that has moved. */
async function watch(api: Pick<Api, 'jobs'>, display: Display, stop: AbortSignal): Promise<void> {
  const shown = new Map<string, string>();
  try {
    for (let first = true; !stop.aborted; first = false) {
      const jobs = await api.jobs();
      for (const job of jobs.toReversed()) {
        const now = JSON.stringify(job);
        const isNews = first ? isUnderWay(job) : shown.get(job.job_id) !== now;
        if (isNews) display.shows(job);
        shown.set(job.job_id, now);
      }
      if (!jobs.some(isUnderWay)) return;
      await sleep(EVERY_MS, undefined, { signal: stop }).catch(() => {});
    }
  } finally {
    display.close();
  }
}

function jsonLines(): Display {
  return {
    shows: (job) => void process.stdout.write(`${JSON.stringify(job)}\n`),
    note() {},
    close() {},
  };
}
