/** What is written down about a running cluster before it is made, so that it can be removed whatever happens to us. */

import { AppError } from '@easycerts/core';
import type { Delegation, ProcessIdentity } from '@easycerts/runtime';
import type { CableNetwork } from './choose-network.ts';

export interface SandboxRecord {
  /** The machine's boot id: after a reboot nothing of it is left. */
  readonly bootId: string;
  /** Absent without a sandbox. */
  readonly cable?: CableNetwork;
  /** Its control group in every hierarchy; none without a sandbox. */
  readonly groups: readonly string[];
  readonly delegation?: Delegation;
  /** The boot id that the sandbox sees: its Node object has it once this start's kubelet has reported. */
  readonly insideBootId?: string;
  /** Kernel modules that were loaded for it. */
  readonly modules: readonly string[];
  /** PID 1 of the sandbox as the machine numbers it, or the supervisor without one; absent while it is being made. */
  readonly init?: ProcessIdentity;
  /** Whether it ends with the terminal that started it. */
  readonly isAttached: boolean;
  readonly startedAt: string;
}

/** The text of the record's file. */
export function formatSandboxRecord(record: SandboxRecord): string {
  return `${JSON.stringify(record, undefined, 2)}\n`;
}

/** Reads the record. AppError DAMAGED when it is none. */
export function parseSandboxRecord(text: string, path: string): SandboxRecord {
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value)) return value;
  } catch (error) {
    throw damaged(path, error);
  }
  throw damaged(path, undefined);
}

function damaged(path: string, cause: unknown): AppError {
  return new AppError('DAMAGED', `read ${path}: not the record of a sandbox`, {
    cause,
    details: { path, cure: 'run `easycerts reset`, which finds what belongs to the cluster by name' },
  });
}

function isRecord(value: unknown): value is SandboxRecord {
  if (typeof value !== 'object' || value === null) return false;
  if (!('bootId' in value) || !('groups' in value) || typeof value.bootId !== 'string') return false;
  if (!('modules' in value) || !Array.isArray(value.modules) || !value.modules.every(isModuleName)) return false;
  if ('delegation' in value && !isOurDelegation(value.delegation)) return false;
  return Array.isArray(value.groups) && value.groups.every(isOurGroup);
}

function isModuleName(name: unknown): boolean {
  return typeof name === 'string' && /^\w+$/.test(name);
}

/** Only such folders are ever removed on the word of a file. */
function isOurGroup(path: unknown): boolean {
  return typeof path === 'string' && /^\/sys\/fs\/cgroup(\/[\w,=-]+)?\/easycerts-[0-9a-f]{6}$/.test(path);
}

function isOurDelegation(value: unknown): boolean {
  const { evacuateTo, group, parent, toEnable } = (value ?? {}) as Partial<Record<keyof Delegation, unknown>>;
  const isOurLeaf =
    typeof evacuateTo === 'string' && /^\/sys\/fs\/cgroup\/easycerts-[0-9a-f]{6}-machine$/.test(evacuateTo);
  return (
    parent === '/sys/fs/cgroup' &&
    isOurGroup(group) &&
    (evacuateTo === undefined || isOurLeaf) &&
    Array.isArray(toEnable) &&
    toEnable.every(isModuleName)
  );
}
