/** Puts what waits in `<ca>/initial` in its place: certificate sets and service-account keys. */

import { readFile, rm } from 'node:fs/promises';
import { filesOfSet, type Paths } from '@easycerts/cluster';
import { AppError, toAppError } from '@easycerts/core';
import { deliverSet, syncDirectory, type Users, writeFileAtomically } from '@easycerts/runtime';
import { initialDirectory } from './init-plan.ts';
import type { Deliveries } from './staged-files.ts';

/** kube-apiserver and kube-controller-manager read the service-account keys. */
const serviceAccountOwner = 'kubernetes';

/** COMMITTED → DONE; may be repeated. `onStep` hears of each step that is done. */
export async function deliverInitial(paths: Paths, users: Users, onStep: (step: string) => void): Promise<void> {
  const initial = initialDirectory(paths);
  for (const set of (await readDeliveries(initial)).sets) {
    const files = filesOfSet(`${initial}/${set.name}`);
    const [cert, key, ca] = await Promise.all([readFile(files.cert), readFile(files.key), readFile(files.ca)]);
    const { directory, owner, group, keyMode } = set;
    await deliverSet({ directory, files: { cert, key, ca }, owner, group, keyMode, users });
    onStep(`delivered ${set.name}`);
  }
  for (const [name, mode] of [
    ['sa-signing.key', 0o600],
    ['sa-verify.pub', 0o644],
  ] as const) {
    const content = await readFile(`${initial}/service-account/${name}`);
    const options = { mode, owner: serviceAccountOwner, group: serviceAccountOwner, users };
    await writeFileAtomically(`${paths.serviceAccountKeys}/${name}`, content, options);
    onStep(`delivered ${name}`);
  }
  try {
    await rm(initial, { recursive: true });
    await syncDirectory(paths.ca);
  } catch (error) {
    throw toAppError(error, `remove ${initial}`);
  }
}

async function readDeliveries(initial: string): Promise<Deliveries> {
  const path = `${initial}/deliveries.json`;
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Deliveries;
  } catch (error) {
    throw new AppError('DAMAGED', `go on with ca init: ${path} cannot be read`, {
      cause: error,
      details: { path, cure: `move ${initial.replace(/\/initial$/, '')} away and run \`ca init\` again` },
    });
  }
}
