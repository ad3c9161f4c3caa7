/** `node tools/kube-assets/src/pin.ts <folder> <version>`: pins the programs of `go/<folder>` at another version. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, exitCodeOf, toAppError } from '@easycerts/core';
import { benchBinaries } from './bench-assets.ts';
import { type GoBinary, goBinaries } from './binaries.ts';
import { explainFailure } from './failure-text.ts';
import { formatGoMod, parseGoMod, stagingReplaces } from './go-mod.ts';
import { goEnvironment } from './go-toolchain.ts';
import { assetsVersion, goFolder, readPinFiles } from './pins.ts';
import { renderError } from './render-event.ts';
import { runCommand } from './run-command.ts';

async function main(words: readonly string[]): Promise<void> {
  const { folder, version, binaries } = parseWords(words);
  const cwd = join(goFolder, folder);
  const old = parseGoMod(await readFile(join(cwd, 'go.mod'), 'utf8'));
  const pinned = formatGoMod({
    ...old,
    requires: old.requires.map(({ path }) => ({ path, version })),
    replaces: folder === 'kubernetes' ? await replacesOfKubernetes(version, cwd) : old.replaces,
  });
  await writeFile(join(cwd, 'go.mod'), pinned);
  await writeFile(join(cwd, 'go.sum'), '');
  // -e: a module that only tests of our dependencies need may not be had; the check after it is about what we build
  await go(['mod', 'tidy', '-e'], cwd);
  await go(['list', '-deps', ...binaries.map((binary) => binary.package)], cwd);
  const assets = assetsVersion(await readPinFiles());
  process.stdout.write(`${folder} is pinned at ${version}; the assets are now ${assets}\n`);
}

function parseWords([folder = '', wanted = '']: readonly string[]): {
  folder: string;
  version: string;
  binaries: readonly GoBinary[];
} {
  const theirs = [...goBinaries, ...benchBinaries].filter((binary) => binary.requires !== undefined);
  const binaries = theirs.filter((binary) => binary.module === folder);
  if (binaries.length > 0 && /^v?\d+\.\d+\.\d+/.test(wanted)) {
    return { folder, version: wanted.replace(/^v/, ''), binaries };
  }
  const folders = [...new Set(theirs.map((binary) => binary.module))].join('|');
  throw new AppError('INVALID_INPUT', 'which programs, and which version?', {
    details: { cure: `usage: pin.ts <${folders}> <version>, e.g. pin.ts kubernetes 1.36.3` },
  });
}

async function replacesOfKubernetes(version: string, cwd: string): Promise<readonly string[]> {
  const answer: unknown = JSON.parse(await go(['mod', 'download', '-json', `k8s.io/kubernetes@v${version}`], cwd));
  if (typeof answer !== 'object' || answer === null || !('GoMod' in answer) || typeof answer.GoMod !== 'string') {
    throw new AppError('INTERNAL', 'go did not say where the go.mod of k8s.io/kubernetes is');
  }
  return stagingReplaces(await readFile(answer.GoMod, 'utf8'), version);
}

async function go(args: readonly string[], cwd: string): Promise<string> {
  const result = await runCommand('go', args, { cwd, env: goEnvironment(process.env) });
  if (result.exitCode !== 0) throw explainFailure('go', `go ${args.slice(0, 2).join(' ')}`, result.stderr);
  return result.stdout;
}

try {
  await main(process.argv.slice(2));
} catch (thrown) {
  const error = toAppError(thrown, 'pin a version');
  process.stderr.write(`${renderError(error)}\n`);
  process.exitCode = exitCodeOf(error.code);
}
