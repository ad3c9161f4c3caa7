/** Certifies a key once, however many requests for it come at the same time. */

import type { CheckedRequest } from '../core/policy.ts';

type Decision = { readonly kind: 'allow'; readonly request: CheckedRequest } | { readonly kind: 'repeat' | 'deny' };

export interface Decisions<D> {
  /** The decision that has been made already. */
  readonly first: D;
  /** Makes it anew, for what has happened meanwhile. */
  readonly again: () => D;
}

export type Done<D extends Decision, T> = Exclude<D, { kind: 'allow' }> | { readonly kind: 'done'; readonly value: T };

/** Does `work` for an allowed request; while the same key is at work for another one, waits and then decides again. */
export type OnceAKey = <D extends Decision, T>(
  decisions: Decisions<D>,
  work: (allowed: Extract<D, { kind: 'allow' }>) => Promise<T>,
) => Promise<Done<D, T>>;

/** A register of keys at work. */
export function createOnceAKey(): OnceAKey {
  const inFlight = new Map<string, Promise<unknown>>();
  return async <D extends Decision, T>(
    { first, again }: Decisions<D>,
    work: (allowed: Extract<D, { kind: 'allow' }>) => Promise<T>,
  ): Promise<Done<D, T>> => {
    let decision = first;
    while (decision.kind === 'allow') {
      const sameKey = inFlight.get(decision.request.spkiFingerprint);
      if (sameKey === undefined) break;
      await sameKey;
      decision = again();
    }
    if (decision.kind !== 'allow') return decision as Exclude<D, { kind: 'allow' }>;
    const key = decision.request.spkiFingerprint;
    const working = work(decision as Extract<D, { kind: 'allow' }>);
    const settled = working.catch(() => undefined);
    inFlight.set(key, settled);
    void settled.then(() => inFlight.delete(key));
    return { kind: 'done', value: await working };
  };
}
