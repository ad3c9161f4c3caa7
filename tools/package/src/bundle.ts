/** Scripts of our sources and the libraries, for the executable. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toAppError } from '@easycerts/core';
import { build, type Plugin } from 'esbuild';
import { asciiScript } from './core/ascii-script.ts';
import { bundledPackages } from './core/bundled-packages.ts';
import type { Notice } from './core/copyright.ts';
import { executableFile } from './core/package-content.ts';
import { readLicence } from './licence-file.ts';
import { repository } from './package-texts.ts';

/** ASCII, by their names in the executable. */
export type Scripts = Readonly<Record<keyof typeof entries, Uint8Array>>;

export interface Bundle {
  /** What runs first, and takes one of the scripts. */
  readonly first: Uint8Array;
  /** Makes compiled code of a script: `node compiler.cjs <script> <file>`. */
  readonly compiler: Uint8Array;
  readonly scripts: Scripts;
  /** What the CA's threads run (apps/ca/src/edge/signing). */
  readonly signingThread: Uint8Array;
  /** The licences of the libraries in them. */
  readonly notices: readonly Notice[];
}

const sources = 'apps/easycerts/src';
/** The names are those of core/executable-scripts.ts there. */
const entries = {
  easycerts: `${sources}/main-installed.ts`,
  agent: `${sources}/main-agent.ts`,
  'addon-manager': `${sources}/main-addon-manager.ts`,
  ca: `${sources}/main-ca.ts`,
} as const;

/** Bundles the installed command line. What is loaded only when it is needed stays so inside the bundle. */
export async function bundle(): Promise<Bundle> {
  try {
    const [first, compiler, easycerts, agent, addonManager, ca, signingThread] = await Promise.all([
      scriptOf(`${sources}/main-executable.ts`),
      scriptOf(`${sources}/main-compile.ts`),
      scriptOf(entries.easycerts),
      scriptOf(entries.agent),
      scriptOf(entries['addon-manager']),
      scriptOf(entries.ca),
      scriptOf('apps/ca/src/edge/signing/signing-thread.ts'),
    ]);
    const packages = bundledPackages([first, easycerts, agent, addonManager, ca].flatMap(({ inputs }) => inputs));
    return {
      first: first.text,
      compiler: compiler.text,
      scripts: { easycerts: easycerts.text, agent: agent.text, 'addon-manager': addonManager.text, ca: ca.text },
      signingThread: signingThread.text,
      notices: await Promise.all(packages.map(noticeOf)),
    };
  } catch (error) {
    throw toAppError(error, 'bundle the sources');
  }
}

async function scriptOf(entry: string): Promise<{ readonly text: Uint8Array; readonly inputs: readonly string[] }> {
  const { metafile, outputFiles } = await build({
    absWorkingDir: repository,
    entryPoints: [entry],
    outfile: 'script.cjs',
    write: false,
    bundle: true,
    platform: 'node',
    target: 'node26',
    // code is cached for CommonJS only (https://nodejs.org/api/single-executable-applications.html)
    format: 'cjs',
    banner: { js: '"use strict";' },
    // identifiers too: every service holds the script in memory. Giving functions their names back at every start (keepNames)
    // takes an eighth of it
    minify: true,
    legalComments: 'none',
    logLevel: 'silent',
    metafile: true,
    // for a service of gRPC's that nobody offers here
    external: ['@grpc/proto-loader'],
    plugins: [oneLanguage],
  });
  const text = Buffer.from(asciiScript(outputFiles[0]?.text ?? ''), 'latin1');
  return { text, inputs: Object.keys(metafile.inputs) };
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
