/** One script of our sources and the libraries, for the executable. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toAppError } from '@easycerts/core';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { asciiScript } from './core/ascii-script.ts';
import { bundledPackages } from './core/bundled-packages.ts';
import type { Notice } from './core/copyright.ts';
import { executableFile } from './core/package-content.ts';
import { readLicence } from './licence-file.ts';
import { repository } from './package-texts.ts';

export interface Bundle {
  readonly script: Uint8Array;
  /** The licences of the libraries in it. */
  readonly notices: readonly Notice[];
}

const sources = 'apps/easycerts/src';
const common = {
  absWorkingDir: repository,
  outfile: 'easycerts.cjs',
  write: false,
  bundle: true,
  platform: 'node',
  target: 'node26',
  // identifiers too: every service holds the script in memory twice, as a file and as a string. Giving functions their names
  // back at every start (keepNames) takes an eighth of it
  minify: true,
  legalComments: 'none',
  logLevel: 'silent',
} as const satisfies BuildOptions;

/** Bundles the installed command line. What is loaded only when it is needed stays so inside the bundle. */
export async function bundle(): Promise<Bundle> {
  try {
    const [first] = (await build({ ...common, entryPoints: [`${sources}/memory.ts`], format: 'iife' })).outputFiles;
    const { metafile, outputFiles } = await build({
      ...common,
      entryPoints: [`${sources}/main-installed.ts`],
      // code is cached for CommonJS only (https://nodejs.org/api/single-executable-applications.html)
      format: 'cjs',
      metafile: true,
      // for a service of gRPC's that nobody offers here
      external: ['@grpc/proto-loader'],
      plugins: [oneLanguage],
      // even what only declares the rest is work enough for an optimising compiler
      banner: { js: `"use strict";${first?.text ?? ''}` },
    });
    const packages = bundledPackages(Object.keys(metafile.inputs));
    const script = Buffer.from(asciiScript(outputFiles[0]?.text ?? ''), 'latin1');
    return { script, notices: await Promise.all(packages.map(noticeOf)) };
  } catch (error) {
    throw toAppError(error, 'bundle the sources');
  }
}

/** zod's messages in fifty languages, of which we speak one. */
const oneLanguage: Plugin = {
  name: 'one-language',
  setup({ onResolve }) {
    onResolve({ filter: /\/locales\/index\.js$/ }, ({ importer, path, resolveDir }) =>
      importer.includes('/node_modules/zod/') ? { path: join(resolveDir, path, '../en.js') } : undefined,
    );
  },
};

/** A library without a licence file names its licence in package.json. */
async function noticeOf(folder: string): Promise<Notice> {
  const path = join(repository, folder);
  const { name, version, license } = JSON.parse(await readFile(join(path, 'package.json'), 'utf8'));
  const text = (await readLicence(path)) ?? `Licence as named in its package.json: ${license}`;
  return { file: executableFile, name: `${name} ${version}`, text };
}
