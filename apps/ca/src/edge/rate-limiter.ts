/** One bucket of tokens a host, forgotten when it is full again. */

import type { Clock } from '@easycerts/core';
import { isFull, type RateLimit, type TokenBucket, takeToken } from '../core/token-bucket.ts';

/** Whether `host` may call now; counts the call. */
export type RateLimiter = (host: string) => boolean;

/** Only hosts with a certificate of ours get here, so this many are already many. */
const sweepAbove = 1_000;

/** A limiter of its own. */
export function createRateLimiter(limit: RateLimit, clock: Clock): RateLimiter {
  const buckets = new Map<string, TokenBucket>();
  return (host) => {
    const now = clock.now();
    const { bucket, isAllowed } = takeToken(buckets.get(host), limit, now);
    buckets.set(host, bucket);
    if (buckets.size > sweepAbove) forgetFull(buckets, limit, now);
    return isAllowed;
  };
}

function forgetFull(buckets: Map<string, TokenBucket>, limit: RateLimit, now: Date): void {
  for (const [host, bucket] of buckets) if (isFull(bucket, limit, now)) buckets.delete(host);
}
