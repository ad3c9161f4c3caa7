/** Which certificates this host is to have, and which of them lie on disk. */

import { readdir, readFile } from 'node:fs/promises';
import type { Paths } from '@easycerts/cluster';
import { systemErrorCode } from '@easycerts/core';
import { readSet } from '@easycerts/runtime';
import { z } from 'zod';
import type { CertificateProgress } from '../../core/host-state.ts';
import type { CertmgrStatus } from './certmgr-status.ts';

/** Of a certificate spec; certmgr judges the rest. */
const specSchema = z.object({ name: z.string(), directory: z.string() });

export async function readCertificateProgress(
  paths: Pick<Paths, 'certificateSpecs'>,
  status: CertmgrStatus | undefined,
): Promise<CertificateProgress> {
  const specs = (await Promise.all((await jsonFilesIn(paths.certificateSpecs)).map(readSpec))).flat();
  const present = await Promise.all(specs.map(({ directory }) => isPresent(directory)));
  return {
    names: specs.map(({ name }) => name),
    missing: specs.filter((_, index) => present[index] === false).map(({ name }) => name),
    failures: status?.failures ?? [],
    problems: status?.problems ?? [],
  };
}

/** Paths of the JSON files in a folder, sorted; none when there is no folder. */
export async function jsonFilesIn(directory: string): Promise<readonly string[]> {
  try {
    const names = await readdir(directory);
    return names
      .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
      .sort()
      .map((name) => `${directory}/${name}`);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

async function readSpec(path: string): Promise<readonly z.output<typeof specSchema>[]> {
  try {
    return [specSchema.parse(JSON.parse(await readFile(path, 'utf8')))];
  } catch {
    // certmgr tells what is wrong with it
    return [];
  }
}

async function isPresent(directory: string): Promise<boolean> {
  return readSet(directory).then(
    () => true,
    () => false,
  );
}
