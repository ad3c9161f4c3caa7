/** The Node.js that the executable is made of: the pinned one of npm, for this machine's processor or another. */

import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@easycerts/core';
import { cacheFolder } from './cache-folder.ts';
import type { Architecture } from './core/architecture.ts';
import { type NodePin, nodePin } from './core/node-pin.ts';
import { repository } from './package-texts.ts';
import { runCommand } from './run-command.ts';

export interface TargetNode {
  /** The folder of npm's package: `bin/node`, `LICENSE`. */
  readonly folder: string;
  readonly version: string;
}

export interface TargetNodeOptions {
  readonly architecture: Architecture;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
  /** Called before something is fetched. */
  readonly onFetch?: () => void;
}

/** Finds it in node_modules or in the cache, or fetches it with npm and checks it against package-lock.json. */
export async function ensureTargetNode(options: TargetNodeOptions): Promise<TargetNode> {
  const pin = nodePin(JSON.parse(await readFile(join(repository, 'package-lock.json'), 'utf8')), options.architecture);
  const { version } = pin;
  const installed = join(repository, 'node_modules', pin.name);
  if (await exists(join(installed, 'bin/node'))) return { folder: installed, version };
  const cached = join(cacheFolder(options.env), 'node', `${pin.name}-${version}`);
  if (!(await exists(join(cached, 'bin/node')))) {
    options.onFetch?.();
    await fetchNode(pin, cached, options);
  }
  return { folder: cached, version };
}

async function fetchNode(pin: NodePin, folder: string, { env, signal }: TargetNodeOptions): Promise<void> {
  const parent = join(folder, '..');
  await mkdir(parent, { recursive: true });
  const temporary = await mkdtemp(join(parent, '.tmp-'));
  try {
    const cure =
      'see that npm is installed and its registry can be reached (npm config get registry), then run it again';
    const words = ['pack', `${pin.name}@${pin.version}`, '--json', '--silent', '--pack-destination', temporary];
    const [packed] = JSON.parse(await runCommand('npm', words, { env, signal, cure, cwd: temporary }));
    const archive = join(temporary, String(packed?.filename));
    checkIntegrity(await readFile(archive), pin);
    await runCommand('tar', ['-xzf', archive, '-C', temporary], { env, signal });
    await rm(folder, { recursive: true, force: true });
    await rename(join(temporary, 'package'), folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

function checkIntegrity(archive: Uint8Array, { name, version, integrity }: NodePin): void {
  const found = `sha512-${createHash('sha512').update(archive).digest('base64')}`;
  if (found === integrity) return;
  throw new AppError('DAMAGED', `${name} ${version} from npm is not what package-lock.json says`, {
    details: { cure: 'run it again; when that does not help, ask who has changed the package in the registry', found },
  });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
