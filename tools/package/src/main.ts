/** `npm run package [-- --arch arm64] [--out dir] [--version text] [--small] [--json]`: makes the Debian package. */

import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { AppError, exitCodeOf, toAppError } from '@easycerts/core';
import { renderError, renderEvent } from '@easycerts/kube-assets';
import { parseArchitecture } from './core/architecture.ts';
import { type BuiltPackage, ensurePackage, type PackageOptions } from './ensure-package.ts';

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  const ending = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => ending.abort(new Error(name)));
  // whoever reads the progress may stop reading (`| head`); the work goes on
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  try {
    const { isJson, ...asked } = parseWords(words);
    const out = isJson ? process.stderr : process.stdout;
    const built = await ensurePackage({
      ...asked,
      env: process.env,
      signal: ending.signal,
      report: (event) => out.write(`${renderEvent(event)}\n`),
    });
    process.stdout.write(isJson ? `${JSON.stringify(built)}\n` : textOf(built));
    return 0;
  } catch (thrown) {
    const error = toAppError(thrown, 'make the package');
    process.stderr.write(`${renderError(error)}\n`);
    return exitCodeOf(error.code);
  }
}

type Asked = Pick<PackageOptions, 'architecture' | 'folder' | 'version' | 'compression'> & { readonly isJson: boolean };

/** Reads the command line. Throws INVALID_INPUT. */
function parseWords(words: readonly string[]): Asked {
  try {
    const { values } = parseArgs({
      args: [...words],
      options: {
        arch: { type: 'string' },
        out: { type: 'string' },
        version: { type: 'string' },
        small: { type: 'boolean' },
        json: { type: 'boolean' },
      },
    });
    return {
      ...(values.arch === undefined ? {} : { architecture: parseArchitecture(values.arch) }),
      ...(values.out === undefined ? {} : { folder: resolve(values.out) }),
      ...(values.version === undefined ? {} : { version: values.version }),
      compression: values.small === true ? 'small' : 'fast',
      isJson: values.json === true,
    };
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('INVALID_INPUT', error instanceof Error ? error.message : String(error), {
      cause: error,
      details: {
        cure: 'npm run package [-- [--arch x64|arm64] [--out <dir>] [--version <version>] [--small] [--json]]',
      },
    });
  }
}

function textOf({ path, bytes, sha256 }: BuiltPackage): string {
  return `${path}\n${(bytes / 1e6).toFixed(1)} MB, sha256 ${sha256}\ninstall it with: apt-get install ${path}\n`;
}
