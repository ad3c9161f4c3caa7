/** Owners and modes of a set's files: looked at and put right in place, without a new certificate. */

import { type Stats, statSync } from 'node:fs';
import { chmod, chown } from 'node:fs/promises';
import { type CertificateFiles, filesOfSet } from '@easycerts/cluster';
import { toAppError } from '@easycerts/core';
import type { UserIds } from '../users.ts';
import { resolveSet } from './read-set.ts';

export interface SetModes {
  readonly keyMode: number;
  /** Of the key; undefined when we are not root and all belongs to us. */
  readonly keyOwner: UserIds | undefined;
}

/** One thing that is not as it should be. */
export interface WrongMode {
  readonly path: string;
  readonly mode: number;
  readonly owner: UserIds | undefined;
  /** For people: `mode 0644 instead of 0600`. */
  readonly detail: string;
}

/** The status of a set's directory and files, keyed by what they are. */
export type SetStatus = Readonly<Record<keyof CertificateFiles | 'folder', Stats>>;

/** The status of all parts of the real directory `target`, or undefined while one of them is missing. */
export function statSetSync(target: string): SetStatus | undefined {
  const paths = filesOfSet(target);
  const [folder, cert, key, ca] = [target, paths.cert, paths.key, paths.ca].map((path) =>
    statSync(path, { throwIfNoEntry: false }),
  );
  return folder && cert && key && ca ? { folder, cert, key, ca } : undefined;
}

/** What differs from how a delivery makes it; pure. */
export function wrongModes(target: string, status: SetStatus, expected: SetModes): readonly WrongMode[] {
  const paths = filesOfSet(target);
  // As root, the public parts must be root's: whoever owns ca.crt decides whom the component trusts
  const publicOwner = expected.keyOwner === undefined ? undefined : { uid: 0, gid: 0 };
  return [
    judge(target, status.folder, { mode: 0o755, owner: publicOwner }),
    judge(paths.cert, status.cert, { mode: 0o644, owner: publicOwner }),
    judge(paths.key, status.key, { mode: expected.keyMode, owner: expected.keyOwner }),
    judge(paths.ca, status.ca, { mode: 0o644, owner: publicOwner }),
  ].filter((wrong) => wrong !== undefined);
}

/** Puts the owners and modes of the set in use right; answers what was wrong. */
export async function correctSetModes(directory: string, expected: SetModes): Promise<readonly WrongMode[]> {
  const target = resolveSet(directory);
  const status = statSetSync(target);
  const wrong = status === undefined ? [] : wrongModes(target, status, expected);
  for (const { path, mode, owner } of wrong) {
    try {
      // Closed before it is given away, opened (if at all) when it belongs to the right one
      await chmod(path, mode & 0o700);
      if (owner !== undefined) await chown(path, owner.uid, owner.gid);
      await chmod(path, mode);
    } catch (error) {
      throw toAppError(error, `correct owner and mode of ${path}`);
    }
  }
  return wrong;
}

function judge(
  path: string,
  { mode, uid, gid }: Stats,
  expected: { readonly mode: number; readonly owner: UserIds | undefined },
): WrongMode | undefined {
  const { owner } = expected;
  const problems: string[] = [];
  if ((mode & 0o7777) !== expected.mode) problems.push(`mode ${octal(mode)} instead of ${octal(expected.mode)}`);
  if (owner !== undefined && (owner.uid !== uid || owner.gid !== gid)) {
    problems.push(`owner ${uid}:${gid} instead of ${owner.uid}:${owner.gid}`);
  }
  return problems.length === 0 ? undefined : { path, ...expected, detail: problems.join(', ') };
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}
