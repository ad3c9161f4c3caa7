/** How far this host has come in leaving its cluster: one file, so that `joiner leave` goes on where it was killed. */

import { readFile, rm } from 'node:fs/promises';
import type { Paths } from '@easycerts/cluster';
import { type Users, writeFileAtomically } from '@easycerts/runtime';
import { z } from 'zod';

const schema = z.object({ version: z.literal(1), done: z.array(z.string()) });

/** The phases behind it; undefined when it is not leaving. */
export async function readLeaving(paths: Pick<Paths, 'joinerState'>): Promise<readonly string[] | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(pathOf(paths), 'utf8'))).done;
  } catch {
    return undefined;
  }
}

export async function writeLeaving(
  paths: Pick<Paths, 'joinerState'>,
  done: readonly string[],
  users: Users,
): Promise<void> {
  await writeFileAtomically(pathOf(paths), `${JSON.stringify({ version: 1, done })}\n`, {
    mode: 0o644,
    owner: 'root',
    group: 'root',
    users,
  });
}

export async function removeLeaving(paths: Pick<Paths, 'joinerState'>): Promise<void> {
  await rm(pathOf(paths), { force: true });
}

function pathOf({ joinerState }: Pick<Paths, 'joinerState'>): string {
  return `${joinerState}/leaving.json`;
}
