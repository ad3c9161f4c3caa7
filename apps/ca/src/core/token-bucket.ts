/** How often somebody may call: a bucket of tokens that fills with time. */

export interface RateLimit {
  /** Calls at once after a pause. */
  readonly burst: number;
  /** Calls a second in the long run. */
  readonly perSecond: number;
}

export interface TokenBucket {
  readonly tokens: number;
  readonly atMs: number;
}

export interface Taken {
  readonly bucket: TokenBucket;
  readonly isAllowed: boolean;
}

/** Takes one token at `now`. No bucket yet means a full one. A clock that goes back adds nothing and takes nothing away. */
export function takeToken(bucket: TokenBucket | undefined, limit: RateLimit, now: Date): Taken {
  const nowMs = now.getTime();
  const tokens = bucket === undefined ? limit.burst : refilled(bucket, limit, nowMs);
  const atMs = bucket === undefined ? nowMs : Math.max(bucket.atMs, nowMs);
  return tokens < 1
    ? { bucket: { tokens, atMs }, isAllowed: false }
    : { bucket: { tokens: tokens - 1, atMs }, isAllowed: true };
}

/** Whether a token is there to be taken. */
export function mayTake(bucket: TokenBucket | undefined, limit: RateLimit, now: Date): boolean {
  return bucket === undefined ? limit.burst >= 1 : refilled(bucket, limit, now.getTime()) >= 1;
}

/** Whether a bucket has filled up again, and so says no more than none. */
export function isFull(bucket: TokenBucket, limit: RateLimit, now: Date): boolean {
  return refilled(bucket, limit, now.getTime()) >= limit.burst;
}

function refilled({ tokens, atMs }: TokenBucket, { burst, perSecond }: RateLimit, nowMs: number): number {
  return Math.min(burst, tokens + (Math.max(0, nowMs - atMs) / 1_000) * perSecond);
}
