/** The programs of the components: whether they are there, and of which version. */

import type { PreflightInput, ProgramFacts } from './facts.ts';
import type { Found } from './finding.ts';

/** The three minors that upstream supported when the pinned one came out (tools/kube-assets tests exactly one). */
export const supportedMinors = [34, 35, 36];

/** One finding a folder. */
export function programs({ facts, wants }: PreflightInput): readonly Found[] {
  const found = new Set(facts.programs.filter(({ isFound }) => isFound).map(({ name }) => name));
  const missing = wants.programs.filter(({ name }) => !found.has(name));
  return [...Map.groupBy(missing, ({ directory }) => directory)].flatMap(([directory, together]) => {
    const [first] = together;
    if (first === undefined) return [];
    const names = together.map(({ name }) => name).join(', ');
    const place = directory === undefined ? 'on PATH' : `in ${directory}`;
    // before the master has said so, nobody knows for sure where they are to be
    const severity = wants.isConfigured || directory === undefined ? 'error' : 'warning';
    return [{ severity, message: `${names} ${together.length === 1 ? 'is' : 'are'} not ${place}`, cure: first.cure }];
  });
}

export function programVersions({ facts, wants }: PreflightInput): readonly Found[] {
  return wants.programs.flatMap(({ kind, name }) => {
    const found = facts.programs.find((program) => program.name === name);
    if (found?.isFound !== true) return [];
    switch (kind) {
      case 'kubernetes':
        return kubernetesVersion(found);
      case 'containerd':
        return containerdVersion(found);
      case 'other':
        return [];
      default:
        throw new TypeError(`unknown kind of program ${kind satisfies never}`);
    }
  });
}

function kubernetesVersion({ name, path, version }: ProgramFacts): readonly Found[] {
  const [major, minor] = versionOf(version) ?? [];
  if (major === undefined || minor === undefined) return [silent(name, path)];
  if (major === 1 && supportedMinors.includes(minor)) return [];
  const supported = supportedMinors.map((supportedMinor) => `1.${supportedMinor}`).join(', ');
  return [
    {
      severity: 'warning',
      message: `${path} is ${major}.${minor}; supported are ${supported}`,
      cure: `install ${name} of the version that the master has`,
    },
  ];
}

/** kubelet 1.36 wants the CRI of containerd 2 (its metric kubelet_cri_losing_support told so before). */
function containerdVersion({ name, path, version }: ProgramFacts): readonly Found[] {
  const [major, minor] = versionOf(version) ?? [];
  if (major === undefined) return [silent(name, path)];
  if (major >= 2) return [];
  return [
    {
      severity: 'warning',
      message: `${path} is ${major}.${minor}: kubelet stops working with containerd 1`,
      cure: 'install containerd 2 or newer',
    },
  ];
}

function silent(name: string, path: string): Found {
  return {
    severity: 'warning',
    message: `${path} does not say of which version it is`,
    cure: `see what \`${path} --version\` prints; install ${name} anew when it fails`,
  };
}

/** Major and minor in `Kubernetes v1.36.3`, `containerd github.com/containerd/containerd/v2 2.2.1 …`. */
export function versionOf(text: string | undefined): readonly [number, number] | undefined {
  const match = /(?:^|[\s:])v?(\d+)\.(\d+)(?:\.\d+)?/.exec(text ?? '');
  return match === null ? undefined : [Number(match[1]), Number(match[2])];
}
