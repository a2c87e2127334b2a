import { wallClock } from './clock.ts';
import type { Options, Wired } from './types.ts';

const QUEUE_MAX = 1_000;

/** What the caller left open, and its own functions so that no mistake in them loses a report or stops the program. */
export function wire(options: Options): Wired {
  if (!URL.canParse(options.url, page())) throw new TypeError('url: expected an address such as http://127.0.0.1:4000');
  if (typeof options.token === 'string' && /[^\x21-\x7e]/.test(options.token.trim()))
    throw new TypeError('token: it holds what no header can');
  const { classify = () => undefined, onLost = () => {}, waitUntil = () => {}, ...given } = options;
  return {
    whenUnreachable: 'fail',
    attempts: 5,
    decideMs: 5_000,
    silenceMs: 60_000,
    waitMs: 30_000,
    fetch: (input, init) => globalThis.fetch(input, init),
    clock: wallClock,
    random: Math.random,
    uuid: () => crypto.randomUUID(),
    ...given,
    // Where none may wait, the next request waits for the one that does.
    queueMax: Math.max(1, given.queueMax ?? QUEUE_MAX),
    classify: (error) => harmless(() => classify(error)),
    waitUntil: (told) => harmless(() => waitUntil(told)),
    onLost: async (...lost) => harmless(async () => onLost(...lost))?.catch(() => {}),
  };
}

/** In a browser an address may be relative to the page. */
function page(): string | undefined {
  return (globalThis as { location?: { href: string } }).location?.href;
}

function harmless<R>(callback: () => R): R | undefined {
  try {
    return callback();
  } catch {
    return undefined;
  }
}
