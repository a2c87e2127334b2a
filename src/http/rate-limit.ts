import { LRUCache } from 'lru-cache';

/** Requests per token, as a bucket that refills evenly; kept in this process. */
interface RateLimiter {
  /** Takes one request; `null` where no limit holds. */
  take(tokenId: string, limitPerMinute: number | null): RateState | null;
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
  at: number;
}

const BUCKETS_MAX = 10_000;

/** `defaultPerMinute` holds for tokens without a limit of their own; 0 switches it off. */
export function createRateLimiter(defaultPerMinute: number, now: () => number): RateLimiter {
  const buckets = new LRUCache<string, Bucket>({ max: BUCKETS_MAX });
  return {
    take(tokenId, own) {
      const limit = own ?? defaultPerMinute;
      if (limit <= 0) return null;
      const perMs = limit / 60_000;
      const at = now();
      let bucket = buckets.get(tokenId);
      if (!bucket) {
        bucket = { tokens: limit, at };
        buckets.set(tokenId, bucket);
      }
      const tokens = Math.min(limit, bucket.tokens + Math.max(0, at - bucket.at) * perMs);
      const allowed = tokens >= 1;
      const left = allowed ? tokens - 1 : tokens;
      bucket.tokens = left;
      bucket.at = at;
      return {
        allowed,
        limit,
        remaining: Math.floor(left),
        resetSeconds: Math.ceil((limit - left) / perMs / 1000),
        retryAfterSeconds: allowed ? 0 : Math.max(1, Math.ceil((1 - left) / perMs / 1000)),
      };
    },
  };
}
