/** What `ca init` makes, and in which order it becomes real. */

/*
 *   PLANNED   nothing on disk but perhaps a temporary folder beside the CA's
 *      │ everything is written below <state>/.ca-init.<random>, fsynced
 *      ▼ one rename: <ca> exists, with <ca>/initial inside
 *   COMMITTED the CA exists; what belongs elsewhere (certificate sets, service-account keys) waits in <ca>/initial
 *      │ each is put in its place; doing it twice is the same
 *      ▼ <ca>/initial is removed
 *   DONE
 *
 * Killed in PLANNED: the next run begins anew. Killed in COMMITTED: the next run goes on. In DONE it refuses.
 */

import { readdir } from 'node:fs/promises';
import { directoryOf, type Paths } from '@easycerts/cluster';
import { AppError, systemErrorCode, toAppError } from '@easycerts/core';

/** Certificates that nats-server, the CA and this host need before there is a CA to ask. */
export const initialNames = ['host', 'ca-server', 'bus-server'] as const;

/** Folder of what waits to be delivered. */
export function initialDirectory(paths: Paths): string {
  return `${paths.ca}/initial`;
}

export type InitState = { readonly kind: 'planned' } | { readonly kind: 'committed' };

/** Where a run stands. AppError ALREADY_EXISTS, naming what exists, when there is anything that would be overwritten. */
export async function readInitState(paths: Paths): Promise<InitState> {
  const entries = await entriesOf(paths.ca);
  if (entries.includes('initial')) return { kind: 'committed' };
  const existing = entries.length > 0 ? [paths.ca] : [];
  const others = [paths.serviceAccountKeys, ...initialNames.map((name) => directoryOf(name, paths))];
  for (const path of others) if ((await entriesOf(path)).length > 0) existing.push(path);
  if (existing.length === 0) return { kind: 'planned' };
  throw new AppError('ALREADY_EXISTS', `this host has a CA or parts of one: ${existing.join(', ')}`, {
    details: {
      paths: existing,
      cure: 'to use it, start the CA (`ca run`); to begin anew, move these folders away: every certificate of the cluster depends on them',
    },
  });
}

/** Names in a folder; none when it is not there. */
async function entriesOf(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    // A file where a folder belongs is something that exists, too.
    if (systemErrorCode(error) === 'ENOTDIR') return [path];
    throw toAppError(error, `look into ${path}`);
  }
}
