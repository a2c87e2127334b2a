import { StartRefused, UsageRefused } from '../../words/refused.ts';
import { WorkerRefused } from '../../worker/refused.ts';
import { runWorker, type WorkerOptions } from '../../worker/worker.ts';
import type { Env } from '../setup/env.ts';
import { stopSignal } from '../setup/signals.ts';

/** `switchyard worker`: all that it does is in a folder of its own, over the public API alone. */
export async function workerCommand(options: WorkerOptions, env: Env): Promise<void> {
  await inOneLine(() => runWorker(options, { env, out: process.stdout, stop: stopSignal() }));
}

export async function inOneLine(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof WorkerRefused)) throw error;
    throw error.isUsage ? new UsageRefused(error.message) : new StartRefused(error.message);
  }
}
