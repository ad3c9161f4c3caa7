/** Debian's package tools: fetch packages without installing them, and install the small ones. */

import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, type ErrorCode, isAppError } from '@easycerts/core';
import type { Environment } from './cache-dirs.ts';
import { explainFailure } from './failure-text.ts';
import { findOnPath, withSystemFolders } from './find-binary.ts';
import { placeFolder, temporaryName } from './place-file.ts';
import { type CommandResult, runCommand } from './run-command.ts';

export interface Apt {
  /** Unpacks a package to `folder`, without installing it: no script of it runs. */
  unpack(packageName: string, folder: string, signal?: AbortSignal): Promise<void>;
  /** Installs packages without what they only recommend. Not interruptible: dpkg must not stop halfway. */
  install(packageNames: readonly string[]): Promise<void>;
}

export interface AptOptions {
  readonly env: Environment;
  readonly isRoot: boolean;
}

/** Worth another try after `apt-get update`: stale lists name packages that the mirror does not have any more. */
const staleListCodes: readonly ErrorCode[] = ['UNAVAILABLE', 'FAILED_PRECONDITION'];

/** Whether this is a machine with apt-get and dpkg-deb. */
export async function hasApt(env: Environment): Promise<boolean> {
  const found = await Promise.all([findOnPath('apt-get', env), findOnPath('dpkg-deb', env)]);
  return found.every((path) => path !== undefined);
}

/** apt-get with one memory: its lists are updated at most once, and only after something could not be had. */
export function openApt(options: AptOptions): Apt {
  // dpkg refuses to work without the system's folders on PATH
  const env = { ...withSystemFolders(options.env), DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
  let isFresh = !options.isRoot;

  const tryTwice = async (doing: string, once: () => Promise<CommandResult>): Promise<void> => {
    const first = await once();
    if (first.exitCode === 0) return;
    const problem = explainFailure('apt', doing, first.stderr);
    if (isFresh || !staleListCodes.some((code) => isAppError(problem, code))) throw problem;
    await run('apt-get', ['update'], 'update the package lists');
    isFresh = true;
    const second = await once();
    if (second.exitCode !== 0) throw explainFailure('apt', doing, second.stderr);
  };
  const run = async (file: string, args: readonly string[], doing: string): Promise<void> => {
    const result = await runCommand(file, args, { env });
    if (result.exitCode !== 0) throw explainFailure('apt', doing, result.stderr);
  };

  return {
    unpack: async (packageName, folder, signal) => {
      const temporary = temporaryName(folder);
      const [archives, tree] = [join(temporary, 'archives'), join(temporary, 'tree')];
      try {
        await mkdir(archives, { recursive: true });
        // apt's own user may not write below a home folder; without this it says so in a warning, and goes on as root
        const asRoot = options.isRoot ? ['-o', 'APT::Sandbox::User=root'] : [];
        await tryTwice(`download package ${packageName}`, () =>
          runCommand('apt-get', ['-q', ...asRoot, 'download', packageName], { env, cwd: archives, signal }),
        );
        for (const archive of await readdir(archives)) {
          await run('dpkg-deb', ['-x', join(archives, archive), tree], `unpack package ${packageName}`);
        }
        await placeFolder(tree, folder);
      } finally {
        await rm(temporary, { recursive: true, force: true });
      }
    },
    install: async (packageNames) => {
      const flags = ['-q', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120'];
      await tryTwice(`install ${packageNames.join(', ')}`, () =>
        runCommand('apt-get', ['install', ...flags, ...packageNames], { env }),
      );
    },
  };
}

/** The command a user without root rights is told. */
export function installCommand(packageNames: readonly string[]): string {
  return `sudo apt-get install -y --no-install-recommends ${packageNames.join(' ')}`;
}

/** What must be installed by hand, as an error; undefined when nothing is missing or we can do it. Pure. */
export function handInstallProblem(facts: {
  readonly hasApt: boolean;
  readonly isRoot: boolean;
  /** Packages of missing system tools, which need root to install. */
  readonly toolPackages: readonly string[];
  /** Missing packages that are only unpacked. */
  readonly unpackedPackages: readonly string[];
}): AppError | undefined {
  const all = [...new Set([...facts.toolPackages, ...facts.unpackedPackages])].sort();
  if (facts.hasApt && (facts.isRoot || facts.toolPackages.length === 0)) return undefined;
  if (all.length === 0) return undefined;
  if (facts.hasApt) {
    return new AppError('FAILED_PRECONDITION', `system tools are missing: ${facts.toolPackages.join(', ')}`, {
      details: { reason: 'tools-missing', cure: installCommand(facts.toolPackages), packages: facts.toolPackages },
    });
  }
  return new AppError('FAILED_PRECONDITION', `programs are missing, and there is no apt-get: ${all.join(', ')}`, {
    details: {
      reason: 'tools-missing',
      cure: `install what this distribution calls: ${all.join(', ')} (Debian's names)`,
      packages: all,
    },
  });
}
