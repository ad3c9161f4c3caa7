/**
 * Gives every workspace package the targets `test` and `typecheck`, so that no package has to repeat them. What they depend
 * on (the packages that it uses) nx reads from package.json.
 */

import { dirname } from 'node:path';

/** @param {string} root folder of the package, below the workspace */
export function targetsOf(root) {
  return {
    test: { command: `node tools/run.mjs test ${root}`, cache: true, inputs: ['default', '^default'] },
    typecheck: { command: `node tools/run.mjs typecheck ${root}`, cache: true, inputs: ['default', '^default'] },
  };
}

export const name = 'easycerts';

/** See https://nx.dev/docs/extending-nx/project-graph-plugins */
export const createNodesV2 = [
  '{libs/shared,apps,tools}/*/package.json',
  /** @param {readonly string[]} manifests */
  (manifests) =>
    manifests.map((manifest) => {
      const root = dirname(manifest);
      return [manifest, { projects: { [root]: { targets: targetsOf(root) } } }];
    }),
];
