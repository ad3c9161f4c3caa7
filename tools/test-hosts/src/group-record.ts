/** What is written down about a group of hosts before it is made, so that it can be removed whatever happens to us. Pure. */

import { AppError } from '@easycerts/core';
import { z } from 'zod';

const absolutePath = z.string().regex(/^\/[^\0\n]*$/);
const identity = z.strictObject({ pid: z.int().positive(), startTicks: z.string().regex(/^\d+$/) });

/** Only such groups are ever moved out of or switched off on the word of a file. */
const delegation = z.strictObject({
  parent: z.string().regex(/^\/sys\/fs\/cgroup$/),
  group: z.string().regex(/^\/sys\/fs\/cgroup\/easycerts-hosts-[a-z0-9-]+$/),
  leaf: z.string().regex(/^\/sys\/fs\/cgroup\/easycerts-hosts-[a-z0-9-]+\/init$/),
  controllers: z.array(z.string().regex(/^\w+$/)),
  toEnable: z.array(z.string().regex(/^\w+$/)),
  evacuateTo: z.exactOptional(z.string().regex(/^\/sys\/fs\/cgroup\/easycerts-hosts-[a-z0-9-]+-machine$/)),
});

const groupRecord = z.strictObject({
  group: z.string(),
  /** Folder with the disks. */
  folder: absolutePath,
  base: absolutePath,
  network: z.string(),
  hosts: z.array(z.string()).min(1),
  shares: z.array(z.strictObject({ from: absolutePath, to: absolutePath })),
  delegation: z.exactOptional(delegation),
  /** When this process has ended the hosts are nobody's; without one they stay until they are taken down. */
  owner: z.exactOptional(identity),
  startedAt: z.string(),
});

export type GroupRecord = z.infer<typeof groupRecord>;

/** The text of the record's file. */
export function formatGroupRecord(record: GroupRecord): string {
  return `${JSON.stringify(record, undefined, 2)}\n`;
}

/** Reads a record. AppError DAMAGED when it is none. */
export function parseGroupRecord(text: string, path: string): GroupRecord {
  try {
    return groupRecord.parse(JSON.parse(text));
  } catch (error) {
    throw new AppError('DAMAGED', `read ${path}: not the record of a group of hosts`, {
      cause: error,
      details: { path, cure: 'take the group down: what belongs to it is also found by name' },
    });
  }
}
