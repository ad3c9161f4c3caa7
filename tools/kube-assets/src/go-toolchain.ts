/** Whether there is a Go that can build the pinned modules. */

import { AppError } from '@easycerts/core';
import type { Environment } from './cache-dirs.ts';
import { explainFailure } from './failure-text.ts';
import { type CommandResult, runCommand } from './run-command.ts';
import { compareVersions, parseVersion } from './version.ts';

/** What can be done without Go, or with an old one. */
const elseCure = 'or set EASYCERTS_BIN_DIR to a folder that has the programs';

/**
 * Throws unless `go` can be used in `moduleFolder`. From 1.21 on, Go fetches the toolchain a go.mod asks for by itself
 * (https://go.dev/doc/toolchain), so it is asked there.
 */
export async function checkGo(moduleFolder: string, wanted: string, env: Environment): Promise<void> {
  const said = await runCommand('go', ['env', 'GOVERSION'], { cwd: moduleFolder, env: goEnvironment(env) });
  const problem = goProblem(said, wanted);
  if (problem !== undefined) throw problem;
}

/** Judges the answer of `go env GOVERSION`. Pure. */
export function goProblem(said: CommandResult, wanted: string): AppError | undefined {
  const atLeast = wanted.replace(/\.0$/, '');
  if (said.exitCode === 127) {
    return new AppError('FAILED_PRECONDITION', 'go not found', {
      details: { reason: 'go-missing', cure: `install Go ${atLeast} or newer (https://go.dev/dl), ${elseCure}` },
    });
  }
  if (said.exitCode !== 0) return explainFailure('go', `use go ${atLeast}`, said.stderr);
  const [found, needed] = [parseVersion(said.stdout), parseVersion(wanted)];
  if (found === undefined || needed === undefined || compareVersions(found, needed) >= 0) return undefined;
  return new AppError('FAILED_PRECONDITION', `go is too old: found ${said.stdout.trim()}, wanted ${atLeast} or newer`, {
    details: { reason: 'go-too-old', cure: `install Go ${atLeast} or newer (https://go.dev/dl), ${elseCure}` },
  });
}

/**
 * The environment of every `go` command: the user's, without what would change the result (workspaces, another target,
 * a C compiler). GOFLAGS is kept for -p, but may not change how modules are chosen.
 */
export function goEnvironment(env: Environment, architecture: string = process.arch): Environment {
  const flags = (env.GOFLAGS ?? '').split(/\s+/).filter((flag) => /^-p=\d+$/.test(flag));
  return {
    ...env,
    GOWORK: 'off',
    GOFLAGS: flags.join(' '),
    CGO_ENABLED: '0',
    GOOS: 'linux',
    GOARCH: goArchitecture(architecture),
  };
}

/** Node.js' word for a processor in Go's and OCI's words. */
export function goArchitecture(architecture: string): string {
  return architecture === 'x64' ? 'amd64' : architecture;
}
