import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { createProviders, type Env } from './account.ts';
import type { Item } from './api.ts';
import { type Tools, work } from './batch.ts';
import { createClaims } from './claims.ts';
import { connected, refusalAt } from './connection.ts';
import { createDisplay, jsonLines } from './display.ts';
import type { Pace } from './http.ts';
import { addressOf, isAddress, numberOf } from './options.ts';
import { follow } from './progress.ts';
import { openSink } from './sink.ts';
import { createReports } from './tally.ts';
import { openTexts } from './texts.ts';

export interface WorkerOptions {
  url: string;
  tokenFile: string;
  /** Batches that are worked on at once. */
  concurrency: string;
  /** Items of a batch, which are embedded by one request. */
  batch: string;
  texts?: string;
  sink: string;
  json?: boolean;
}

/** Who answers at once that there is nothing is not asked again at once. */
const IDLE_MS = 250;
/** What is to be told at a stop has so long: an answer to the last claim, and the end of what is given back. */
const GRACE_MS = 10_000;

/** Claims, embeds, keeps and reports until it is stopped. What it holds in memory is `concurrency` batches at most. */
export async function runWorker(
  options: WorkerOptions,
  { env, out, stop }: { env: Env; out: NodeJS.WriteStream; stop: AbortSignal },
): Promise<void> {
  const concurrency = numberOf('--concurrency', options.concurrency, 64);
  const batch = numberOf('--batch', options.batch, 100);
  const texts = await openTexts(options.texts ?? null);
  isAddress('--sink', options.sink);
  const over = after(stop, GRACE_MS);
  const display = options.json ? jsonLines(out) : createDisplay(out);
  const reports = createReports(display);
  const api = await connected(options, over.signal, reports.waits);
  const sink = await openSink(options.sink);
  const ended = new AbortController();
  const progress = follow(api, display, ended.signal);
  const paces = new Map<string, Pace>();
  const worker = `${hostname()}/${process.pid}`.slice(0, 255);
  const claims = createClaims(api, { limit: batch, worker, stop });
  const tools: Tools = {
    api,
    sink,
    provider: createProviders(api, env),
    pace(id) {
      const pace = paces.get(id) ?? { until: 0, failures: 0, why: '' };
      paces.set(id, pace);
      return pace;
    },
    texts,
    tells: reports.tells,
    waits: reports.waits,
    leaves(jobId, why) {
      claims.leaves(jobId, why.untilMs);
      reports.leaves(jobId, why);
    },
  };
  display.note(`Works for ${api.orgId} at ${addressOf(options.url)}; vectors go to ${options.sink}`);
  try {
    await loop({
      claim: claims.next,
      begin: (items) => work(items, tools, stop),
      sees: progress.sees,
      concurrency,
      stop,
    });
  } catch (error) {
    // What is called off at last has its lease to end it.
    if (!over.signal.aborted) throw refusalAt(error, addressOf(options.url));
  } finally {
    ended.abort();
    await progress.ended;
    await sink.close();
    over.clear();
    display.note(reports.sum());
    display.close();
  }
}

interface Loop {
  claim: () => Promise<Item[]>;
  begin: (items: readonly Item[]) => Promise<void>;
  sees: (jobId: string) => void;
  concurrency: number;
  stop: AbortSignal;
}

/** Claims as long as there is a place; the first fault ends it, once what is under way has ended. */
async function loop({ claim, begin, sees, concurrency, stop }: Loop): Promise<void> {
  const running = new Set<Promise<void>>();
  const faults: unknown[] = [];
  while (!stop.aborted && faults.length === 0) {
    if (running.size === concurrency) {
      await Promise.race(running);
      continue;
    }
    const items = await claim().catch((error: unknown) => {
      faults.push(error);
      return [];
    });
    for (const { job_id: jobId } of items) sees(jobId);
    if (items.length === 0) await sleep(IDLE_MS, undefined, { signal: stop }).catch(() => {});
    else {
      const one: Promise<void> = begin(items)
        .catch((error: unknown) => void faults.push(error))
        .finally(() => running.delete(one));
      running.add(one);
    }
  }
  await Promise.all(running);
  if (faults.length > 0) throw faults[0];
}

/** Aborted so long after another. */
function after(stop: AbortSignal, ms: number): { signal: AbortSignal; clear: () => void } {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const begin = () => {
    timer = setTimeout(() => controller.abort(), ms);
  };
  if (stop.aborted) begin();
  else stop.addEventListener('abort', begin, { once: true });
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}
