/** Files of certmgr's own: nobody else's business, written whole, owned by whoever runs us. */

import { chmod, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Paths } from '@easycerts/cluster';
import { toAppError } from '@easycerts/core';
import { writeFileAtomically } from '@easycerts/runtime';

/** Makes the folders of certmgr's state: 0700, because keys of requests under way lie there; those above are everybody's. */
export async function ensureState({ certmgrState }: Pick<Paths, 'certmgrState'>): Promise<void> {
  try {
    await mkdir(dirname(certmgrState), { recursive: true, mode: 0o755 });
    for (const folder of ['', '/bundles', '/pending', '/history', '/locks']) {
      await mkdir(`${certmgrState}${folder}`, { recursive: true, mode: 0o700 });
      await chmod(`${certmgrState}${folder}`, 0o700);
    }
  } catch (error) {
    throw toAppError(error, `make ${certmgrState}`);
  }
}

/** Writes one file of the state, durably, 0600. */
export async function writeState(path: string, content: string): Promise<void> {
  await writeFileAtomically(path, content, {
    mode: 0o600,
    owner: 'root',
    group: 'root',
    users: { idsOf: () => undefined },
  });
}
