/** Users and groups of this machine, by name. */

import { readFileSync } from 'node:fs';
import { AppError, toAppError } from '@easycerts/core';

export interface UserIds {
  readonly uid: number;
  readonly gid: number;
}

export interface Users {
  /**
   * The ids of an owner and a group; undefined when we are not root, and so cannot give files away or change the user of a
   * child. AppError FAILED_PRECONDITION when one of them does not exist.
   */
  idsOf(owner: string, group: string): UserIds | undefined;
}

export interface UsersOptions {
  readonly passwdFile?: string;
  readonly groupFile?: string;
  readonly isRoot?: boolean;
}

/**
 * Looks users up in /etc/passwd and /etc/group, afresh at each call: a package may add its user while we run. Numbers are
 * taken as ids. Users of a directory service (NSS) are not seen.
 */
export function loadUsers(options: UsersOptions = {}): Users {
  const passwdFile = options.passwdFile ?? '/etc/passwd';
  const groupFile = options.groupFile ?? '/etc/group';
  const isRoot = options.isRoot ?? process.geteuid?.() === 0;
  return {
    idsOf(owner, group) {
      if (!isRoot) return undefined;
      return {
        uid: idOf(owner, passwdFile, { kind: 'user', cure: `useradd --system --shell /usr/sbin/nologin ${owner}` }),
        gid: idOf(group, groupFile, { kind: 'group', cure: `groupadd --system ${group}` }),
      };
    },
  };
}

function idOf(name: string, file: string, missing: { readonly kind: string; readonly cure: string }): number {
  // Both root entries are the same on every Linux: no file needed, so a minimal container works too.
  if (name === 'root') return 0;
  if (/^\d{1,9}$/.test(name)) return Number(name);
  for (const line of readLines(file)) {
    const [entryName, , id] = line.split(':');
    if (entryName === name && id !== undefined && /^\d+$/.test(id)) return Number(id);
  }
  throw new AppError('FAILED_PRECONDITION', `the ${missing.kind} ${name} does not exist in ${file}`, {
    details: { cure: `make it with \`${missing.cure}\`, or name another ${missing.kind}`, path: file },
  });
}

function readLines(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch (error) {
    throw toAppError(error, `read ${file}`);
  }
}
