/**
 * The root file system that all hosts share, made once by debootstrap and kept in the cache. It is made under another name and
 * gets its own by rename when it is complete, so an interrupted run leaves nothing that could be mistaken for it; and
 * debootstrap runs in namespaces of its own that end with us, so nothing stays mounted and nothing goes on running.
 */

import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { arch } from 'node:os';
import { join } from 'node:path';
import { AppError, formatDuration } from '@easycerts/core';
import {
  cacheDirs,
  type Environment,
  explainFailure,
  findOnPath,
  hasApt,
  openApt,
  placeFolder,
  removeLeftovers,
  runCommand,
  takeLock,
  temporaryName,
  withSystemFolders,
} from '@easycerts/kube-assets';
import { type AptSource, codenameOf, findAptSource } from './apt-source.ts';
import { baseName, basePackages, phaseOf } from './base-recipe.ts';
import { finishBase } from './finish-base.ts';
import { runWithLines } from './run-with-lines.ts';

/** Gets a line of progress, without its end. */
export type Report = (line: string) => void;

export interface BaseOptions {
  readonly env: Environment;
  readonly report?: Report | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A folder given by the user in the place of ours: any root file system with systemd and the packages. */
const ownBaseVariable = 'EASYCERTS_HOSTS_BASE';

/** The folder of the base when it is there already; never makes anything. */
export async function findBase(env: Environment): Promise<string | undefined> {
  const own = env[ownBaseVariable];
  if (own !== undefined) return existsSync(join(own, 'lib/systemd/systemd')) ? own : undefined;
  const codename = codenameOf(await readOr('/etc/os-release'));
  const folder = codename === undefined ? undefined : join(basesFolder(env), baseName(codename, arch()));
  return folder !== undefined && existsSync(folder) ? folder : undefined;
}

/**
 * The folder of the base, made when it is not there yet (about a minute, half a gigabyte). Needs root then. AppError
 * FAILED_PRECONDITION without a mirror or debootstrap, UNAVAILABLE when the mirror does not answer, NO_SPACE, CANCELLED.
 */
export async function ensureBase(options: BaseOptions): Promise<string> {
  const { env, report, signal } = options;
  const found = await findBase(env);
  if (found !== undefined) return found;
  const own = env[ownBaseVariable];
  if (own !== undefined) throw new AppError('NOT_FOUND', `${ownBaseVariable}=${own}: no root file system with systemd`);
  const source = await machineSource();
  const folder = basesFolder(env);
  const base = join(folder, baseName(source.suite, arch()));
  await mkdir(folder, { recursive: true });
  const lock = await takeLock(folder, { signal, onWait: () => report?.('base: another run is making it, waiting') });
  try {
    if (existsSync(base)) return base;
    await removeLeftovers([folder]);
    await makeBase(base, source, options);
    return base;
  } finally {
    await lock.release();
  }
}

async function makeBase(base: string, source: AptSource, { env, report, signal }: BaseOptions): Promise<void> {
  const startedMs = Date.now();
  report?.(`base: making ${base} (${source.suite} from the machine's own mirror), once`);
  await ensureDebootstrap(env, report);
  const stage = temporaryName(base);
  await debootstrap(stage, source, { env, report, signal });
  await finishBase(stage);
  // The name must not be durable before what it names.
  await runCommand('sync', ['--file-system', stage], { env });
  await placeFolder(stage, base);
  report?.(`base: done in ${formatDuration(Date.now() - startedMs)}`);
}

async function debootstrap(stage: string, source: AptSource, { env, report, signal }: BaseOptions): Promise<void> {
  const words = [
    ...['setpriv', '--pdeathsig', 'KILL'],
    ...['unshare', '--mount', '--pid', '--fork', '--kill-child=KILL'],
    ...['debootstrap', '--variant=minbase', `--components=${source.components.join(',')}`],
    `--include=${basePackages.join(',')}`,
    ...(source.keyring === undefined ? [] : [`--keyring=${source.keyring}`]),
    ...(source.isTrusted ? ['--no-check-gpg'] : []),
    ...[source.suite, stage, source.uri],
  ];
  let last: string | undefined;
  const output: string[] = [];
  const code = await runWithLines(words, {
    env: { ...withSystemFolders(env), DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
    signal,
    onLine: (line) => {
      output.push(line);
      const phase = phaseOf(line);
      if (phase !== undefined && phase !== last) report?.(`base: ${phase}`);
      last = phase ?? last;
    },
  });
  if (code === 0) return;
  const log = await readOr(join(stage, 'debootstrap/debootstrap.log'));
  throw explainFailure('apt', 'make the root file system of hosts', [...output, log].join('\n'));
}

async function ensureDebootstrap(env: Environment, report: Report | undefined): Promise<void> {
  if ((await findOnPath('debootstrap', withSystemFolders(env))) !== undefined) return;
  if (!(await hasApt(env))) {
    throw new AppError('FAILED_PRECONDITION', 'debootstrap is missing, and there is no apt-get', {
      details: {
        reason: 'tools-missing',
        cure: `install debootstrap, or set ${ownBaseVariable} to a Debian root file system with ${basePackages.join(', ')}`,
      },
    });
  }
  report?.('base: installing debootstrap');
  await openApt({ env, isRoot: true }).install(['debootstrap']);
}

async function machineSource(): Promise<AptSource> {
  const folder = '/etc/apt/sources.list.d';
  const names = await readdir(folder).catch(() => []);
  const paths = [...names.sort().map((name) => join(folder, name)), '/etc/apt/sources.list'];
  const files = await Promise.all(
    paths.filter((path) => /\.(sources|list)$/.test(path)).map(async (path) => ({ path, text: await readOr(path) })),
  );
  const source = findAptSource(files, codenameOf(await readOr('/etc/os-release')) ?? '');
  if (source !== undefined) return source;
  throw new AppError('FAILED_PRECONDITION', 'no package mirror for hosts: /etc/apt has no source of this release', {
    details: {
      cure: `set ${ownBaseVariable} to a Debian root file system that has ${basePackages.join(', ')}`,
    },
  });
}

function basesFolder(env: Environment): string {
  return join(cacheDirs(env, 'hosts').root, 'base');
}

async function readOr(path: string, otherwise = ''): Promise<string> {
  return readFile(path, 'utf8').catch(() => otherwise);
}
