/** Revokes keys of cfssl's API: one, or all that a host has when it goes. */

import { type CfsslKeyRecord, revokedKey } from '../../core/cfssl/key-record.ts';
import { publishCfsslKeyRevoked } from '../../events.ts';
import type { CallEnvironment, Stores } from '../call-environment.ts';

type KeyId = Pick<CfsslKeyRecord, 'host' | 'profile'>;

/** Resolves with what happened once it is durable and told. AppError UNAVAILABLE without the bus. */
export async function revokeKey(
  { clock, events, logger }: Pick<CallEnvironment, 'clock' | 'events' | 'logger'>,
  { cfsslKeys }: Pick<Stores, 'cfsslKeys'>,
  { id, by }: { readonly id: KeyId; readonly by: string },
): Promise<'unknown' | 'unchanged' | 'revoked'> {
  const now = clock.now();
  const outcome = await cfsslKeys.change<CfsslKeyRecord | 'unknown' | 'unchanged'>(id, (found) => {
    if (found === undefined) return { result: 'unknown' };
    const after = revokedKey(found, now);
    return after === found ? { result: 'unchanged' } : { record: after, result: after };
  });
  if (outcome === 'unknown' || outcome === 'unchanged') return outcome;
  logger.info({ host: outcome.host, profile: outcome.profile, by }, 'revoked a cfssl key');
  publishCfsslKeyRevoked(events, outcome, by);
  return 'revoked';
}

/** All of a host: the next machine with its name starts without keys. */
export async function revokeKeysOf(
  environment: Pick<CallEnvironment, 'clock' | 'events' | 'logger'>,
  stores: Pick<Stores, 'cfsslKeys'>,
  { host, by }: { readonly host: string; readonly by: string },
): Promise<void> {
  const ofHost = stores.cfsslKeys.all().filter((record) => record.host === host && record.revokedAtMs === 0);
  for (const id of ofHost) await revokeKey(environment, stores, { id, by });
}
