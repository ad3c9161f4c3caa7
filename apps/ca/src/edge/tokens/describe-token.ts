/** A token as lists show it: never its secret, nor what is kept of it. */

import type { JoinTokenDescription } from '@easycerts/contracts';
import { type TokenRecord, tokenStateOf } from '../../core/token-record.ts';

/** The description at `now`. */
export function describeToken(token: TokenRecord, now: Date): JoinTokenDescription {
  const { id, role, host = '', note, uses, usedBy, createdAtMs, expiresAtMs, addresses } = token;
  const state = tokenStateOf(token, now);
  const names = usedBy.map((use) => use.host);
  return { id, role, host, note, uses, usedBy: names, createdAtMs, expiresAtMs, state, addresses: [...addresses] };
}
