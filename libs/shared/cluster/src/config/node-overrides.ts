/** node.yaml: what people may say about one node. The keys are those of cluster.yaml; everything else is the cluster's. */

import { type ConfigProblem, pathText } from './problem.ts';

/** Keys that may stand in node.yaml, by the option that holds them; `true`: the whole option. */
export const nodeOverrideKeys: Readonly<Record<string, true | readonly string[]>> = {
  binDir: true,
  easycertsCommand: true,
  containerd: ['enable', 'snapshotter', 'extraOpts'],
  kubelet: [
    'nodeIp',
    'nodeLabels',
    'taints',
    'unschedulable',
    'manifests',
    'seedImages',
    'extraOpts',
    'cni',
    'containerRuntimeEndpoint',
    'verbosity',
  ],
  proxy: ['mode', 'extraOpts', 'verbosity'],
  flannel: ['interface', 'extraOpts'],
};

/** The keys that may not stand there. Values are checked by the schema of cluster.yaml, once they are laid over it. */
export function overrideProblems(overrides: Readonly<Record<string, unknown>>): readonly ConfigProblem[] {
  return Object.entries(overrides).flatMap(([key, value]) => {
    const allowed = Object.hasOwn(nodeOverrideKeys, key) ? nodeOverrideKeys[key] : undefined;
    if (allowed === true) return [];
    if (allowed === undefined) return [problemAt([key])];
    // Not a mapping: the schema says what it should be.
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
    return Object.keys(value)
      .filter((inner) => !allowed.includes(inner))
      .map((inner) => problemAt([key, inner]));
  });
}

function problemAt(path: readonly string[]): ConfigProblem {
  return {
    path: pathText(path),
    message:
      'is not for one node alone: say it in cluster.yaml on the master (docs/config/node-yaml.md lists what may stand here)',
  };
}
