/** `crl`: what is revoked and not expired, signed by the CA. Made anew at most once in ten seconds a CA and lifetime. */

import { dayMs, minuteMs, parseDurationMs, secondMs } from '@easycerts/core';
import { askedAuthority, type CfsslLabel } from '../../core/cfssl/asked-spec.ts';
import { badRequest } from '../../core/cfssl/cfssl-error.ts';
import { type CallEnvironment, storesOf } from '../call-environment.ts';
import type { CfsslEndpoint } from './endpoint.ts';
import { defaultCrlLifetimeMs, signedCrl } from './signed-crl.ts';

const longestLifetimeMs = 31 * dayMs;
const freshMs = 10 * secondMs;
/** Lifetimes that somebody asks for: more are not kept. */
const maxKept = 64;

interface Kept {
  readonly madeAtMs: number;
  readonly crl: string;
}

export function createCrlEndpoint(environment: CallEnvironment): CfsslEndpoint {
  const kept = new Map<string, Kept>();
  return {
    method: 'GET',
    answer: ({ query }) => {
      storesOf(environment);
      const label = askedAuthority(query.get('label') ?? '');
      const lifetimeMs = lifetimeOf(query.get('expiry') ?? '');
      const nowMs = environment.clock.now().getTime();
      const name = `${label} ${lifetimeMs}`;
      const known = kept.get(name);
      if (known !== undefined && nowMs - known.madeAtMs < freshMs) return { result: known.crl };
      if (kept.size >= maxKept) kept.clear();
      const crl = crlOf(environment, label, lifetimeMs);
      kept.set(name, { madeAtMs: nowMs, crl });
      return { result: crl };
    },
  };
}

function crlOf(environment: CallEnvironment, label: CfsslLabel, lifetimeMs: number): string {
  const { authorities, clock } = environment;
  const now = clock.now();
  const revoked = [...storesOf(environment).revocations.entries()]
    // Of a damaged entry nobody knows whose it is: it stands in every list.
    .filter(([, known]) => known === undefined || (known.authority === label && known.notAfterMs > now.getTime()))
    .map(([serial, known]) => ({ serial, revokedAt: known === undefined ? now : new Date(known.revokedAtMs) }));
  return signedCrl({ authority: authorities[label], revoked, now, lifetimeMs });
}

function lifetimeOf(text: string): number {
  if (text === '') return defaultCrlLifetimeMs;
  const lifetimeMs = parseDurationMs(text);
  if (lifetimeMs !== undefined && lifetimeMs >= minuteMs && lifetimeMs <= longestLifetimeMs) return lifetimeMs;
  throw badRequest('expiry is not a duration between 1m and 744h');
}
