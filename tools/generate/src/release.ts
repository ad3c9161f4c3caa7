/** Keeps the interfaces of today in vectors/ as released: from then on, removing something from them fails. */

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { currentEvents, type EventContract, incompatibilities, releasedEvents } from '@easycerts/gen-docs';
import { protoImage, protoProblems, releasedImage } from '@easycerts/gen-proto';

/** What a reader of the released events or a client of the released gRPC could not do any more. */
export async function interfaceProblems(root: string): Promise<readonly string[]> {
  const released = JSON.parse(await readFile(join(root, releasedEvents), 'utf8')) as EventContract;
  return [...incompatibilities(released, currentEvents()), ...(await protoProblems(root))];
}

/** Writes the interfaces of today into vectors/. With problems nothing is written, unless `isForced`. */
export async function release(root: string, isForced: boolean): Promise<readonly string[]> {
  const problems = isForced ? [] : await interfaceProblems(root);
  if (problems.length > 0) return problems;
  await write(join(root, releasedEvents), `${JSON.stringify(currentEvents(), null, 2)}\n`);
  await write(join(root, releasedImage), await protoImage(root));
  return [];
}

async function write(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}
