/** The data directory of a developer's cluster: where things lie in it, how it is made and recognised. */

import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { AppError, toAppError } from '@easycerts/core';
import { ownEtcFolders } from '../core/etc-plan.ts';
import { type Instance, instanceOf } from '../core/instance.ts';

export interface DataDirectory {
  /** Absolute, without symbolic links. */
  readonly path: string;
  readonly instance: Instance;
  readonly marker: string;
  readonly lock: string;
  readonly etc: string;
  readonly var: string;
  readonly clusterFile: string;
  readonly overlayFile: string;
  readonly adminKubeconfig: string;
  /** What a running sandbox needs, made afresh at each start. */
  readonly sandbox: string;
  readonly record: string;
  /** What the supervisor tells about itself. */
  readonly supervisorState: string;
  readonly supervisorLog: string;
}

const markerName = '.easycerts-data';
const markerText =
  'Data of a developer’s cluster made by `easycerts up`; `easycerts reset` removes the whole folder.\n';

/** The data directory at a path, whether it exists or not. */
export function dataDirectoryAt(givenPath: string): DataDirectory {
  const path = realPathOf(resolve(givenPath));
  const sandbox = join(path, 'sandbox');
  const etc = join(path, 'etc');
  return {
    path,
    instance: instanceOf(path),
    marker: join(path, markerName),
    lock: join(path, 'up.lock'),
    etc,
    var: join(path, 'var'),
    clusterFile: join(etc, 'easycerts/cluster.yaml'),
    overlayFile: join(etc, 'easycerts/overlay.yaml'),
    adminKubeconfig: join(etc, 'kubernetes/cluster-admin.kubeconfig'),
    sandbox,
    record: join(sandbox, 'record.json'),
    supervisorState: join(sandbox, 'shared/supervisor.json'),
    supervisorLog: join(sandbox, 'supervisor.log'),
  };
}

/** Whether `easycerts up` made it. */
export function isOurs(data: DataDirectory): boolean {
  try {
    return lstatSync(data.marker).isFile();
  } catch {
    return false;
  }
}

/**
 * Makes the data directory, or checks that the one that is there is ours. AppError FAILED_PRECONDITION for a folder with
 * something else in it, and whatever the disk says (full, read-only).
 */
export function makeDataDirectory(data: DataDirectory): void {
  if (!isOurs(data)) refuseForeign(data);
  try {
    // Making folders recursively hides why it failed.
    accessSync(nearestExisting(data.path), constants.W_OK);
    mkdirSync(data.path, { recursive: true, mode: 0o755 });
    writeIfAbsent(data.marker, markerText);
    // It holds keys: they must not get into a repository by accident.
    writeIfAbsent(join(data.path, '.gitignore'), '*\n');
    for (const folder of ownEtcFolders) mkdirSync(join(data.etc, folder), { recursive: true });
    for (const folder of ['lib', 'log', 'cache', 'spool']) mkdirSync(join(data.var, folder), { recursive: true });
    mkdirSync(join(data.var, 'tmp'), { recursive: true });
    chmodSync(join(data.var, 'tmp'), 0o1777);
    mkdirSync(join(data.sandbox, 'shared'), { recursive: true, mode: 0o700 });
  } catch (error) {
    const { code, details, message } = toAppError(error, `make the data directory ${data.path}`);
    throw new AppError(code, message, { cause: error, details: { ...details, path: data.path } });
  }
}

function refuseForeign(data: DataDirectory): void {
  if (!existsSync(data.path)) return;
  const isEmptyFolder = lstatSync(data.path).isDirectory() && readdirSync(data.path).length === 0;
  if (isEmptyFolder) return;
  throw notOurs(data);
}

/** Why a folder is neither used nor removed. */
export function notOurs({ path }: DataDirectory): AppError {
  return new AppError('FAILED_PRECONDITION', `${path} was not made by \`easycerts up\`: it has no ${markerName}`, {
    details: { path, cure: 'name another folder with --data-dir, or remove this one yourself' },
  });
}

/** Links in the part of the path that exists are followed, so that one folder has one name. */
function realPathOf(path: string): string {
  const existing = nearestExisting(path);
  return join(realpathSync(existing), relative(existing, path));
}

/** The path itself, or the first folder above it that there is. */
function nearestExisting(path: string): string {
  return existsSync(path) || path === '/' ? path : nearestExisting(dirname(path));
}

function writeIfAbsent(path: string, text: string): void {
  if (!existsSync(path)) writeFileSync(path, text);
}

/** The text of a file, or undefined when there is none. */
export function readIfThere(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
