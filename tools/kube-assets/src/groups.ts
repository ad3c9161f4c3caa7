/** Which programs and images a purpose needs. Each group contains the ones before it. */

import { type GoBinary, type GoBinaryName, goBinaries } from './binaries.ts';
import { type DebBinaryName, type DebPackage, debPackages } from './packages.ts';
import { type SystemTool, systemTools } from './system-tools.ts';

/** From small to large; a group contains everything before it. */
export const groups = ['bus', 'control-plane', 'node', 'all'] as const;
export type Group = (typeof groups)[number];

export type BinaryName = GoBinaryName | DebBinaryName;

export const imageNames = ['pause', 'coredns', 'busybox'] as const;
export type ImageName = (typeof imageNames)[number];

export interface Plan {
  readonly binaries: readonly GoBinary<GoBinaryName>[];
  readonly packages: readonly DebPackage<DebBinaryName>[];
  readonly tools: readonly SystemTool[];
  readonly images: readonly ImageName[];
}

/** Everything a group needs, in the order of the lists. */
export function planOf(group: Group): Plan {
  return {
    binaries: goBinaries.filter((binary) => contains(group, binary.group)),
    packages: debPackages.filter((one) => contains(group, one.group)),
    tools: contains(group, 'node') ? systemTools : [],
    images: imageNames.filter((name) => contains(group, groupOfImage[name])),
  };
}

export function isGroup(text: string): text is Group {
  return groups.some((group) => group === text);
}

const groupOfImage: Readonly<Record<ImageName, Group>> = { pause: 'node', coredns: 'node', busybox: 'all' };

function contains(group: Group, part: Group): boolean {
  return groups.indexOf(part) <= groups.indexOf(group);
}
