import { type Config, readConfig } from './setup/config.ts';
import type { Env } from './setup/env.ts';
import { createLog, WHOLE_BYTES } from './setup/log.ts';
import { nearMisses, sentenceOf } from './setup/near-misses.ts';
import { stopSignal } from './setup/signals.ts';

/** Serves until a signal, here or by workers. Their parent loads nothing of what answers requests. */
export async function serve(env: Env = process.env): Promise<void> {
  const stop = stopSignal();
  const config = readConfig(env);
  const isAlone = config.WORKERS === 1;
  const isParent = !isAlone && (await import('node:cluster')).default.isPrimary;
  if (isAlone || isParent) warnOfNearMisses(config, env);
  if (isParent) {
    const { serveByWorkers } = await import('./workers/parent.ts');
    return serveByWorkers(stop, config, createLog(config.LOG_LEVEL, WHOLE_BYTES));
  }
  const { serveHere } = await import('./main.ts');
  const team = isAlone ? null : (await import('./workers/worker.ts')).joinTeam(config);
  try {
    await serveHere(stop, config, env, team);
  } catch (error) {
    // Its line is written, and nothing holds it.
    team?.leave();
    throw error;
  }
}

function warnOfNearMisses(config: Config, env: Env): void {
  const log = createLog(config.LOG_LEVEL);
  for (const miss of nearMisses(env)) log.warn(miss, sentenceOf(miss));
}
