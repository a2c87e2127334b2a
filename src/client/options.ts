import { wallClock } from './clock.ts';
import type { Options, Wired } from './types.ts';

/** What the caller left open, and its own functions so that no mistake in them loses a report or stops the program. */
export function wire(options: Options): Wired {
  const { classify = () => undefined, onLost = () => {}, waitUntil = () => {}, ...given } = options;
  return {
    whenUnreachable: 'fail',
    attempts: 5,
    decideMs: 5_000,
    silenceMs: 60_000,
    waitMs: 30_000,
    queueMax: 1_000,
    fetch: (input, init) => globalThis.fetch(input, init),
    clock: wallClock,
    random: Math.random,
    uuid: () => crypto.randomUUID(),
    ...given,
    classify: (error) => harmless(() => classify(error)),
    waitUntil: (told) => harmless(() => waitUntil(told)),
    onLost: async (...lost) => harmless(async () => onLost(...lost))?.catch(() => {}),
  };
}

function harmless<R>(callback: () => R): R | undefined {
  try {
    return callback();
  } catch {
    return undefined;
  }
}
