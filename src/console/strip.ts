import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/**
 * Sources without their types, beside the event loop: what strips them takes a while to load. Node warns that how it
 * does so may change; the Node that the lockfile names is the one that is tested.
 */
export async function strip(sources: readonly string[]): Promise<string[]> {
  const worker = new Worker(new URL('./strip-worker.ts', import.meta.url), {
    workerData: sources,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  const [stripped] = (await once(worker, 'message')) as [string[]];
  return stripped;
}
