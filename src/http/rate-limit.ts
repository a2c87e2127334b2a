import { LRUCache } from 'lru-cache';
import type { MaybePromise } from '../words/maybe.ts';

/** Requests per token, as a bucket that refills evenly. */
export interface RateLimiter {
  /** Takes one request; `null` where no limit holds. */
  take(tokenId: string, limitPerMinute: number | null): MaybePromise<RateState | null>;
}

export interface RateState {
  allowed: boolean;
  limit: number;
  remaining: number;
  /** Seconds until the bucket is full again. */
  resetSeconds: number;
  /** Seconds until a request would be allowed; 0 where this one was. */
  retryAfterSeconds: number;
}

interface Bucket {
  tokens: number;
  /** By a clock that nobody sets. */
  at: number;
}

export interface Buckets {
  /** Takes as many as `share` says of what is there, at least one; none where there is less than one. */
  draw(tokenId: string, limit: number, share: (there: number) => number): { count: number; state: RateState };
  giveBack(tokenId: string, limit: number, count: number): void;
}

const BUCKETS_MAX = 10_000;

export function createBuckets(elapsed: () => number): Buckets {
  const buckets = new LRUCache<string, Bucket>({ max: BUCKETS_MAX });
  const filled = (tokenId: string, limit: number): Bucket => {
    const at = elapsed();
    let bucket = buckets.get(tokenId);
    if (!bucket) {
      bucket = { tokens: limit, at };
      buckets.set(tokenId, bucket);
    }
    bucket.tokens = Math.min(limit, bucket.tokens + ((at - bucket.at) * limit) / 60_000);
    bucket.at = at;
    return bucket;
  };
  return {
    draw(tokenId, limit, share) {
      const bucket = filled(tokenId, limit);
      const count = bucket.tokens >= 1 ? Math.max(1, Math.floor(share(bucket.tokens))) : 0;
      bucket.tokens -= count;
      return { count, state: stateOf(count > 0, limit, bucket.tokens) };
    },
    giveBack(tokenId, limit, count) {
      const bucket = filled(tokenId, limit);
      bucket.tokens = Math.min(limit, bucket.tokens + count);
    },
  };
}

export function stateOf(allowed: boolean, limit: number, left: number): RateState {
  const perSecond = limit / 60;
  return {
    allowed,
    limit,
    remaining: Math.floor(left),
    resetSeconds: Math.ceil((limit - left) / perSecond),
    retryAfterSeconds: allowed ? 0 : Math.max(1, Math.ceil((1 - left) / perSecond)),
  };
}

const one = () => 1;

/** Kept in this process; `defaultPerMinute` holds for tokens without a limit of their own; 0 switches it off. */
export function createRateLimiter(defaultPerMinute: number, elapsed: () => number): RateLimiter {
  const buckets = createBuckets(elapsed);
  return {
    take(tokenId, own) {
      const limit = own ?? defaultPerMinute;
      return limit > 0 ? buckets.draw(tokenId, limit, one).state : null;
    },
  };
}
