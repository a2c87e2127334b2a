import { type RateLimiter, type RateState, stateOf } from '../../http/rate-limit.ts';
import type { Channel, Lease } from './channel.ts';

/** How long a worker keeps what it does not use. */
const LEASE_MS = 1_000;
const LEASE_MAX = 32;

/** How many requests a worker is given at once, of those that are there: few where they are few, so that none waits beside the last. */
export function shareOf(there: number, workers: number): number {
  return Math.min(LEASE_MAX, there / (4 * workers));
}

interface Held {
  left: number;
  limit: number;
  /** What the parent had left of it. */
  there: number;
  timer: NodeJS.Timeout;
}

/** The parent counts for all workers; each is given some requests ahead, so that few wait for its answer. */
export function createSharedLimiter(defaultPerMinute: number, { ask }: Channel): RateLimiter {
  const held = new Map<string, Held>();
  const asking = new Map<string, Promise<Lease>>();

  function spend(tokenId: string, limit: number): RateState | null {
    const lease = held.get(tokenId);
    if (!lease || lease.limit !== limit) return null;
    lease.left -= 1;
    if (lease.left === 0) drop(tokenId, lease);
    return stateOf(true, limit, lease.there + lease.left);
  }

  function drop(tokenId: string, { timer }: Held): void {
    clearTimeout(timer);
    held.delete(tokenId);
  }

  function giveBack(tokenId: string): void {
    const lease = held.get(tokenId);
    if (!lease) return;
    drop(tokenId, lease);
    void ask('giveBack', { tokenId, limit: lease.limit, count: lease.left });
  }

  /** One question at a time for each token: all that wait share what it brings. */
  function leased(tokenId: string, limit: number): Promise<Lease> {
    const pending = asking.get(tokenId);
    if (pending) return pending;
    giveBack(tokenId);
    const asked = ask('lease', { tokenId, limit }).then((lease) => {
      asking.delete(tokenId);
      const timer = setTimeout(giveBack, LEASE_MS, tokenId).unref();
      if (lease.count > 0) held.set(tokenId, { left: lease.count, limit, there: lease.state.remaining, timer });
      return lease;
    });
    asking.set(tokenId, asked);
    return asked;
  }

  async function askedFor(tokenId: string, limit: number): Promise<RateState> {
    for (;;) {
      const { count, state } = await leased(tokenId, limit);
      if (count === 0) return state;
      const spent = spend(tokenId, limit);
      if (spent) return spent;
    }
  }

  return {
    take(tokenId, own) {
      const limit = own ?? defaultPerMinute;
      return limit > 0 ? (spend(tokenId, limit) ?? askedFor(tokenId, limit)) : null;
    },
  };
}
