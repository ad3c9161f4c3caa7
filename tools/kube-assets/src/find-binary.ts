/** Looks for one program: EASYCERTS_BIN_DIR, our cache, PATH. */

import { access, constants, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { AppError } from '@easycerts/core';
import type { Environment } from './cache-dirs.ts';
import { type Candidate, judge, type Place, type Requirement } from './judge.ts';
import { runCommand } from './run-command.ts';
import { isStaticFile } from './static-elf.ts';
import { systemFolders } from './system-tools.ts';
import { describeRule, formatVersion, parseVersion } from './version.ts';

export interface SearchPlaces {
  readonly env: Environment;
  readonly cacheBin: string;
}

export interface FoundBinary {
  readonly path: string;
  readonly place: Place;
}

const versionTimeoutMs = 10_000;

/** The first usable program, or undefined. Throws FAILED_PRECONDITION for an unusable one in EASYCERTS_BIN_DIR. */
export async function findBinary(requirement: Requirement, places: SearchPlaces): Promise<FoundBinary | undefined> {
  for (const [place, folder] of searchOrder(places)) {
    const path = join(folder, requirement.name);
    if (!(await isExecutable(path))) continue;
    const candidate = await inspect({ place, path }, requirement, places.env);
    const verdict = judge(candidate, requirement);
    if (verdict.kind === 'use') return { path, place };
    if (verdict.kind === 'refuse') throw refusal(candidate, requirement, verdict.reason);
  }
  return undefined;
}

/** The first file of this name on PATH that may be executed. */
export async function findOnPath(name: string, env: Environment): Promise<string | undefined> {
  for (const folder of pathFolders(env)) {
    const path = join(folder, name);
    if (await isExecutable(path)) return path;
  }
  return undefined;
}

/** Throws INVALID_CONFIG when EASYCERTS_BIN_DIR is set but is no folder: programs would silently come from elsewhere. */
export async function checkOwnFolder({ EASYCERTS_BIN_DIR: folder }: Environment): Promise<void> {
  if (!folder) return;
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (isFolder) return;
  throw new AppError('INVALID_CONFIG', `EASYCERTS_BIN_DIR is not a folder: ${folder}`, {
    details: { path: folder, cure: 'set it to a folder with the programs, or unset it' },
  });
}

/** The environment with the folders of daemons and system tools on PATH, which an ordinary user's PATH may lack. */
export function withSystemFolders(env: Environment): Environment {
  return { ...env, PATH: [env.PATH ?? '', ...systemFolders].filter((part) => part !== '').join(':') };
}

function searchOrder(places: SearchPlaces): readonly (readonly [Place, string])[] {
  const own = places.env.EASYCERTS_BIN_DIR;
  return [
    ...(own ? [['bin-dir', own] as const] : []),
    ['cache', places.cacheBin],
    ...pathFolders(places.env).map((folder) => ['path', folder] as const),
  ];
}

function pathFolders(env: Environment): readonly string[] {
  return [...new Set((env.PATH ?? '').split(':').filter(isAbsolute))];
}

async function inspect(
  found: { place: Place; path: string },
  requirement: Requirement,
  env: Environment,
): Promise<Candidate> {
  if (found.place === 'cache') return { ...found, isStatic: true };
  const isStatic = requirement.mustBeStatic === true ? await isStaticFile(found.path) : true;
  if (requirement.versionArgs === undefined) return { ...found, isStatic };
  const said = await runCommand(found.path, requirement.versionArgs, { env, timeoutMs: versionTimeoutMs });
  return { ...found, isStatic, versionText: said.exitCode === 0 ? said.stdout + said.stderr : '' };
}

function refusal(candidate: Candidate, requirement: Requirement, reason: 'wrong-version' | 'not-static'): AppError {
  const wanted = describeRule(requirement.pinned, requirement.usable);
  const version = parseVersion(candidate.versionText ?? '');
  const found = version === undefined ? 'it does not tell a version' : `found ${formatVersion(version)}`;
  const what =
    reason === 'wrong-version'
      ? `wrong version: ${found}, wanted ${wanted}`
      : 'it needs shared libraries, but goes into an image that has none';
  return new AppError('FAILED_PRECONDITION', `use ${candidate.path} of EASYCERTS_BIN_DIR: ${what}`, {
    details: {
      path: candidate.path,
      reason,
      found: version === undefined ? null : formatVersion(version),
      wanted,
      cure: `put ${requirement.name} ${wanted}${requirement.mustBeStatic ? ', statically linked,' : ''} there, or remove it and it is searched on PATH and else built`,
    },
  });
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
