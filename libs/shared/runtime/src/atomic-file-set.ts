/**
 * Delivers a certificate set (`tls.crt`, `tls.key`, `ca.crt`) as one: readers see the old set or the new one, never a mixture.
 *
 *   parent/kubelet -> .sets/kubelet.1767225600000-5e0c11d2      the link that everybody uses, relative
 *   parent/.sets/kubelet.<milliseconds>-<random>/               the files, never changed once the link points to them
 *   parent/.sets/kubelet.lock                                   one delivery at a time, of whatever process
 *   parent/.previous/kubelet -> .sets/…                         copy of the set before, for roll-back: a set of its own
 *   parent/.held/kubelet.json                                   see file-set/hold.ts
 *
 *   IDLE ──stage──▶ STAGED ──copy──▶ KEPT ──swap──▶ SWAPPED ──remove all others──▶ IDLE
 *
 * A crash in STAGED or KEPT leaves the old set in use, in SWAPPED the new one. What is left over then goes at the next
 * delivery, or by cleanSets at the start of certmgr. In SWAPPED Kubernetes' reloaders have not noticed anything yet: they
 * watch the file they opened and act on its deletion (docs/adr/0004-reload-first.md), which is why every other directory goes.
 */

import type { CertificateFiles } from '@easycerts/cluster';
import { AppError } from '@easycerts/core';
import { copyOf } from './file-set/copy-set.ts';
import { ensureFolder, nodeFileSystem, type SetFileSystem } from './file-set/file-system.ts';
import { layoutOf, type SetLayout } from './file-set/layout.ts';
import { isUsable, readSet, resolveSet } from './file-set/read-set.ts';
import { withSetLock } from './file-set/set-lock.ts';
import { type StagedFile, stage, standingAt } from './file-set/stage.ts';
import { removeOthers, swap, unstage } from './file-set/swap.ts';
import type { Users } from './users.ts';

export interface SetDelivery {
  readonly directory: string;
  readonly files: Readonly<Record<keyof CertificateFiles, string | Uint8Array>>;
  /** Of `tls.key`. The two public files are 0644 and belong to whoever delivers: a component can't change what it trusts. */
  readonly owner: string;
  readonly group: string;
  /** Default 0600. */
  readonly keyMode?: number;
  readonly users: Users;
  /** Deliver only while this real directory is in use: AppError CONFLICT when another set was delivered or restored since. */
  readonly onlyIfTarget?: string;
  readonly fileSystem?: SetFileSystem;
}

export interface DeliveredSet {
  /** The real directory. */
  readonly target: string;
  /** Whether the set before was kept for roll-back: there was one, and it was usable. */
  readonly keptPrevious: boolean;
  /** Whether every older directory is gone. When not, the new set is in use all the same, and cleanSets tries again. */
  readonly isClean: boolean;
}

/**
 * Puts a set in place, durably. Contents are the caller's affair. AppError NO_SPACE, FAILED_PRECONDITION (read-only, unknown
 * user, foreign files at its place), PERMISSION_DENIED, …: then the old set is in use and nothing half written stays.
 */
export async function deliverSet(delivery: SetDelivery): Promise<DeliveredSet> {
  const { directory, files, users, keyMode = 0o600, fileSystem = nodeFileSystem } = delivery;
  const layout = layoutOf(directory);
  const owner = users.idsOf(delivery.owner, delivery.group);
  const contents: readonly StagedFile[] = [
    { name: 'tls.crt', content: files.cert, mode: 0o644 },
    { name: 'tls.key', content: files.key, mode: keyMode, ...(owner === undefined ? {} : { owner }) },
    { name: 'ca.crt', content: files.ca, mode: 0o644 },
  ];
  const empty = contents.find((file) => file.content.length === 0);
  if (empty !== undefined) throw invalid(directory, `${empty.name} is empty`);
  if ((keyMode & ~0o660) !== 0)
    throw invalid(directory, `key mode 0${keyMode.toString(8)} lets everybody read the key`);
  const deliver = async (): Promise<DeliveredSet> => {
    checkTarget(directory, delivery.onlyIfTarget);
    return replace(fileSystem, layout, contents);
  };
  return withSetLock(layout, 'deliver', deliver, fileSystem);
}

async function replace(
  fileSystem: SetFileSystem,
  layout: SetLayout,
  contents: readonly StagedFile[],
): Promise<DeliveredSet> {
  const standing = await standingAt(fileSystem, layout);
  const staged = await stage(fileSystem, layout, contents);
  let keptPrevious: boolean;
  try {
    keptPrevious = standing.kind === 'link' && (await keepPrevious(fileSystem, layout));
  } catch (error) {
    await unstage(fileSystem, layout, staged);
    throw error;
  }
  await swap(fileSystem, layout, { staged, standing });
  const isClean = await removeOthers(fileSystem, layout);
  return { target: `${layout.sets}/${staged.entry}`, keptPrevious, isClean };
}

function checkTarget(directory: string, expected: string | undefined): void {
  if (expected === undefined || resolveSet(directory) === expected) return;
  throw new AppError('CONFLICT', `deliver certificate set ${directory}: another set was delivered meanwhile`);
}

function invalid(directory: string, problem: string): AppError {
  return new AppError('INVALID_INPUT', `deliver certificate set ${directory}: ${problem}`);
}

/** Copies the set in use, unless it is damaged: then an older copy is worth more. */
async function keepPrevious(fileSystem: SetFileSystem, layout: SetLayout): Promise<boolean> {
  const current = await readSet(layout.directory).catch(() => undefined);
  if (current === undefined || !isUsable(current)) return false;
  const copy = layoutOf(layout.previous);
  await ensureFolder(fileSystem, copy.parent, 0o700);
  await ensureFolder(fileSystem, copy.sets, 0o700);
  const standing = await standingAt(fileSystem, copy);
  await swap(fileSystem, copy, { staged: await stage(fileSystem, copy, await copyOf(current)), standing });
  await removeOthers(fileSystem, copy);
  return true;
}
