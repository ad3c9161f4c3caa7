/** A token as `ca token list --json` and `ca token create --json` print it. */

import type { JoinTokenDescription } from '@easycerts/contracts';

/** Times as ISO 8601; `name` is there when the token is for one host only. */
export function tokenJson({ host, createdAtMs, expiresAtMs, ...token }: JoinTokenDescription) {
  const { id, role, state, uses, usedBy, note, addresses } = token;
  return {
    id,
    role,
    ...(host === '' ? {} : { name: host }),
    state,
    uses,
    usedBy,
    note,
    addresses,
    createdAt: new Date(createdAtMs).toISOString(),
    expiresAt: new Date(expiresAtMs).toISOString(),
  };
}
