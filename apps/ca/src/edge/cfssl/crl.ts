/** `crl`: what is revoked and not expired, signed by the CA. Made anew at most once in ten seconds a CA and lifetime. */

import { minuteMs, parseDurationMs, secondMs } from '@easycerts/core';
import { createCrl } from '@easycerts/pki';
import { authorityOfLabel, type CfsslLabel } from '../../core/cfssl/asked-spec.ts';
import { badRequest } from '../../core/cfssl/cfssl-error.ts';
import { type CallEnvironment, storesOf } from '../call-environment.ts';
import type { CfsslEndpoint } from './endpoint.ts';

const defaultLifetimeMs = 7 * 24 * 60 * minuteMs;
const longestLifetimeMs = 31 * 24 * 60 * minuteMs;
const freshMs = 10 * secondMs;
/** Lifetimes that somebody asks for: more are not kept. */
const maxKept = 64;

interface Kept {
  readonly madeAtMs: number;
  readonly crl: Promise<string>;
}

export function createCrlEndpoint(environment: CallEnvironment): CfsslEndpoint {
  const kept = new Map<string, Kept>();
  return {
    method: 'GET',
    answer: async ({ query }) => {
      storesOf(environment);
      const label = authorityOfLabel(query.get('label') ?? '');
      if (label === undefined) throw badRequest('bad label');
      const lifetimeMs = lifetimeOf(query.get('expiry') ?? '');
      const nowMs = environment.clock.now().getTime();
      const name = `${label} ${lifetimeMs}`;
      const known = kept.get(name);
      if (known !== undefined && nowMs - known.madeAtMs < freshMs) return { result: await known.crl };
      if (kept.size >= maxKept) kept.clear();
      const crl = crlOf(environment, label, lifetimeMs);
      kept.set(name, { madeAtMs: nowMs, crl });
      return { result: await crl };
    },
  };
}

async function crlOf(environment: CallEnvironment, label: CfsslLabel, lifetimeMs: number): Promise<string> {
  const { authorities, clock } = environment;
  const now = clock.now();
  const revoked = [...storesOf(environment).revocations.entries()]
    // Of a damaged entry nobody knows whose it is: it stands in every list.
    .filter(([, known]) => known === undefined || (known.authority === label && known.notAfterMs > now.getTime()))
    .map(([serial, known]) => ({ serial, revokedAt: known === undefined ? now : new Date(known.revokedAtMs) }));
  const der = await createCrl({
    authority: authorities[label],
    revoked,
    // Time only goes up, so the number does (RFC 5280 §5.2.3).
    number: now.getTime().toString(16),
    thisUpdate: now,
    nextUpdate: new Date(now.getTime() + lifetimeMs),
  });
  return Buffer.from(der).toString('base64');
}

function lifetimeOf(text: string): number {
  if (text === '') return defaultLifetimeMs;
  const lifetimeMs = parseDurationMs(text);
  if (lifetimeMs !== undefined && lifetimeMs >= minuteMs && lifetimeMs <= longestLifetimeMs) return lifetimeMs;
  throw badRequest('expiry is not a duration between 1m and 744h');
}
