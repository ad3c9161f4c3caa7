/** A small workspace that keeps every rule, in a temporary folder; tests change one thing of it. */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Path below the workspace → content; undefined leaves a file of the valid workspace out. */
export type Files = Readonly<Record<string, string | undefined>>;

/** A package.json with one kind. */
export function manifest(
  name: string,
  type: string,
  dependencies: readonly string[] = [],
  devDependencies: readonly string[] = [],
): string {
  const versions = (names: readonly string[]): object => Object.fromEntries(names.map((one) => [one, '*']));
  return JSON.stringify({
    name,
    exports: { '.': './src/index.ts' },
    nx: { tags: [`type:${type}`] },
    dependencies: versions(dependencies),
    devDependencies: versions(devDependencies),
  });
}

const valid: Files = {
  'package.json': JSON.stringify({ workspaces: ['libs/shared/*', 'apps/*', 'tools/*'] }),
  'tsconfig.json': JSON.stringify({
    compilerOptions: { noLib: true, types: [], module: 'nodenext', noEmit: true, allowImportingTsExtensions: true },
    include: ['libs/**/*.ts', 'apps/**/*.ts', 'tools/**/*.ts'],
  }),
  'libs/shared/core/package.json': manifest('@easycerts/core', 'core'),
  'libs/shared/core/src/index.ts': "export { double } from './double.ts';\n",
  'libs/shared/core/src/double.ts': 'export const double = (value: number): number => value * 2;\n',
  'libs/shared/pki/package.json': manifest('@easycerts/pki', 'contract', ['@easycerts/core', '@peculiar/x509']),
  'libs/shared/pki/src/index.ts':
    "export { double } from '@easycerts/core';\nexport { parse } from './x509-engine.ts';\n",
  'libs/shared/pki/src/x509-engine.ts':
    "import { X509Certificate } from '@peculiar/x509';\nexport const parse = X509Certificate;\n",
  'libs/shared/runtime/package.json': manifest('@easycerts/runtime', 'edge', [
    '@easycerts/pki',
    '@nats-io/transport-node',
  ]),
  'libs/shared/runtime/src/index.ts':
    "export { parse } from '@easycerts/pki';\nexport { connect } from './bus/connect.ts';\n",
  'libs/shared/runtime/src/bus/connect.ts': "export { connect } from '@nats-io/transport-node';\n",
  'libs/shared/testing/package.json': manifest('@easycerts/testing', 'testing', ['@easycerts/runtime']),
  'libs/shared/testing/src/index.ts': "export { connect } from '@easycerts/runtime';\n",
  'apps/ca/package.json': manifest('@easycerts/ca', 'app', ['@easycerts/runtime'], ['@easycerts/testing']),
  'apps/ca/src/index.ts': "export { connect } from '@easycerts/runtime';\nexport { later } from './core/later.ts';\n",
  'apps/ca/src/core/later.ts':
    'export const later = (now: Date): Date => new Date(now.getTime() + Date.UTC(1970, 0, 2));\n',
  'apps/ca/src/index.test.ts': "import { connect } from '@easycerts/testing';\nsetTimeout(connect, Date.now());\n",
  'apps/certmgr/package.json': manifest('@easycerts/certmgr', 'app', ['@easycerts/core']),
  'apps/certmgr/src/index.ts': "export { double } from '@easycerts/core';\n",
  'apps/easycerts/package.json': manifest('@easycerts/easycerts', 'bundle', [
    '@easycerts/ca',
    '@easycerts/kube-assets',
  ]),
  'apps/easycerts/src/index.ts':
    "export { later } from '@easycerts/ca';\nexport { build } from '@easycerts/kube-assets';\n",
  'apps/e2e/package.json': manifest('@easycerts/e2e', 'e2e', ['@easycerts/testing']),
  'apps/e2e/src/index.ts': "export { connect } from '@easycerts/testing';\n",
  'tools/kube-assets/package.json': manifest('@easycerts/kube-assets', 'tool', ['@easycerts/core']),
  'tools/kube-assets/src/index.ts': "export { double as build } from '@easycerts/core';\n",
  'tools/other/package.json': manifest('@easycerts/other', 'tool'),
  'tools/other/src/index.ts': 'export {};\n',
};

/** Writes the valid workspace with some files changed. The caller removes the folder. */
export async function makeWorkspace(changes: Files): Promise<{ readonly root: string; remove(): Promise<void> }> {
  const root = await mkdtemp(join(tmpdir(), 'easycerts-boundaries-'));
  for (const [path, content] of Object.entries({ ...valid, ...changes })) {
    if (content === undefined) continue;
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
  return { root, remove: () => rm(root, { recursive: true, force: true }) };
}
