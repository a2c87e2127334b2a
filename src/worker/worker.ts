import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { createProviders, type Env } from './account.ts';
import type { Item } from './api.ts';
import { LEASE_SECONDS, type Tools, work } from './batch.ts';
import { connected, refusalAt } from './connection.ts';
import { createDisplay, jsonLines } from './display.ts';
import type { Pace } from './http.ts';
import { addressOf, numberOf } from './options.ts';
import { follow } from './progress.ts';
import { openSink } from './sink.ts';
import { createReports } from './tally.ts';
import { createTexts } from './texts.ts';

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

/** How long a claim waits for work: short, since a stop waits for its answer. */
const WAIT_SECONDS = 2;
/** Who answers at once that there is nothing is not asked again at once. */
const IDLE_MS = 250;
/** What is under way at a stop has so long; then it is given back, and that has so long again. */
const GRACE_MS = 5_000;

/** Claims, embeds, keeps and reports until it is stopped. What it holds in memory is `concurrency` batches at most. */
export async function runWorker(
  options: WorkerOptions,
  { env, out, stop }: { env: Env; out: NodeJS.WriteStream; stop: AbortSignal },
): Promise<void> {
  const concurrency = numberOf('--concurrency', options.concurrency, 64);
  const batch = numberOf('--batch', options.batch, 100);
  const [cut, over] = [after(stop, GRACE_MS), after(stop, 2 * GRACE_MS)];
  const display = options.json ? jsonLines(out) : createDisplay(out);
  const reports = createReports(display);
  const api = await connected(options, over.signal, reports.waits);
  const sink = await openSink(options.sink);
  const ended = new AbortController();
  const progress = follow(api, display, ended.signal);
  const paces = new Map<string, Pace>();
  const tools: Tools = {
    api,
    sink,
    provider: createProviders(api, env),
    pace: (id) => paces.get(id) ?? paces.set(id, { until: 0, failures: 0 }).get(id)!,
    texts: createTexts(options.texts ?? null),
    tells: reports.tells,
    waits: reports.waits,
  };
  display.note(`Works for ${api.orgId} at ${addressOf(options.url)}; vectors go to ${options.sink}`);
  const worker = `${hostname()}/${process.pid}`.slice(0, 255);
  const claim = () => api.claim({ limit: batch, lease_seconds: LEASE_SECONDS, wait_seconds: WAIT_SECONDS, worker });
  try {
    await loop({ claim, sees: progress.sees, concurrency, stop, begin: (items) => work(items, tools, cut.signal) });
  } catch (error) {
    // What is called off at last has its lease to end it.
    if (!over.signal.aborted) throw refusalAt(error, addressOf(options.url));
  } finally {
    ended.abort();
    await progress.ended;
    await sink.close();
    for (const timer of [cut, over]) timer.clear();
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
