/** Slows down who guesses: only failures count, each source by itself, and all of them together. */

import { isFull, mayTake, type RateLimit, type TokenBucket, takeToken } from './token-bucket.ts';

export interface FailureLimits {
  /** Failures of one source. */
  readonly source: RateLimit;
  /** Failures of all sources together. */
  readonly all: RateLimit;
}

export interface FailureThrottle {
  /** Whether the source may try (again). */
  mayTry(source: string, now: Date): boolean;
  failed(source: string, now: Date): void;
  /** Whether failures are few: then each is worth telling. */
  isCalm(now: Date): boolean;
}

/** Sources that are remembered, about 100 bytes each; beyond that the one whose last failure is longest ago is forgotten. */
const maxSources = 4_096;

/**
 * A throttle of its own. While there are too many failures altogether, sources that have failed are not heard; one that
 * has not is, so that a flood from many addresses keeps nobody out.
 */
export function createFailureThrottle({ source: limit, all: allLimit }: FailureLimits): FailureThrottle {
  const sources = new Map<string, TokenBucket>();
  let all: TokenBucket | undefined;
  const isCalm = (now: Date): boolean => mayTake(all, allLimit, now);
  return {
    isCalm,
    mayTry(source, now) {
      const bucket = sources.get(source);
      if (bucket === undefined) return true;
      return mayTake(bucket, limit, now) && (isCalm(now) || isFull(bucket, limit, now));
    },
    failed(source, now) {
      all = takeToken(all, allLimit, now).bucket;
      const { bucket } = takeToken(sources.get(source), limit, now);
      sources.delete(source);
      sources.set(source, bucket);
      const oldest = sources.keys().next();
      if (sources.size > maxSources && !oldest.done) sources.delete(oldest.value);
    },
  };
}
