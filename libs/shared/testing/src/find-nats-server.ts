/** Finds the nats-server that tests run. */

import { access, constants, readdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { AppError } from '@easycerts/core';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Path of the program: EASYCERTS_NATS_SERVER, else in EASYCERTS_BIN_DIR, else the newest in the cache of built binaries, else
 * on PATH. AppError NOT_FOUND says how to get it.
 */
export async function findNatsServer(environment: Environment = process.env): Promise<string> {
  const { EASYCERTS_NATS_SERVER: given, EASYCERTS_BIN_DIR: directory, PATH: path = '' } = environment;
  const candidates = [
    ...(given === undefined ? [] : [given]),
    ...(directory === undefined ? [] : [join(directory, 'nats-server')]),
    ...(await inCache(environment)),
    ...path.split(delimiter).map((folder) => join(folder, 'nats-server')),
  ];
  for (const candidate of candidates) {
    if (await isExecutable(candidate)) return candidate;
  }
  throw new AppError('NOT_FOUND', 'find nats-server: not there', {
    details: { cure: 'run `npm test`, which builds it first, or set EASYCERTS_NATS_SERVER to its path' },
  });
}

async function inCache({ XDG_CACHE_HOME: cache }: Environment): Promise<readonly string[]> {
  const root = join(cache?.startsWith('/') ? cache : join(homedir(), '.cache'), 'easycerts');
  const versions = await readdir(root).catch(() => []);
  const found = await Promise.all(
    versions.map(async (version) => {
      const path = join(root, version, 'bin', 'nats-server');
      const time = await stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => undefined,
      );
      return time === undefined ? [] : [{ path, time }];
    }),
  );
  return found
    .flat()
    .sort((one, other) => other.time - one.time)
    .map(({ path }) => path);
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
