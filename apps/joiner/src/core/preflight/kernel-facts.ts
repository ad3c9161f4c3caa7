/** What of the kernel is there, out of its own lists. */

import type { CgroupLayout } from '@easycerts/cluster';
import type { FeatureState, KernelFeature } from './facts.ts';

export interface KernelTexts {
  /** /proc/modules */
  readonly modules: string;
  /** /proc/filesystems */
  readonly filesystems: string;
  /** Names below /sys/module: loaded modules, and built-in ones with parameters. */
  readonly sysModules: readonly string[];
  /** Names below /proc/sys/net/bridge and /proc/sys/net/netfilter: they come with the modules. */
  readonly bridgeSysctls: readonly string[];
  readonly netfilterSysctls: readonly string[];
  /** modules.builtin and modules.dep of the running kernel; undefined when there are none. */
  readonly builtin: string | undefined;
  readonly available: string | undefined;
}

export function featureState(feature: KernelFeature, texts: KernelTexts): FeatureState {
  const isLoaded = texts.modules.split('\n').some((line) => line.startsWith(`${feature} `));
  const file = new RegExp(`/${feature.replaceAll('_', '[-_]')}\\.ko`, 'm');
  if (isLoaded || texts.sysModules.includes(feature) || showsItself(feature, texts)) return 'ready';
  if (texts.builtin !== undefined && file.test(texts.builtin)) return 'ready';
  if (texts.available === undefined) return 'unknown';
  return file.test(texts.available) ? 'loadable' : 'absent';
}

function showsItself(feature: KernelFeature, texts: KernelTexts): boolean {
  switch (feature) {
    case 'overlay':
      return /^(nodev)?\s*overlay$/m.test(texts.filesystems);
    case 'br_netfilter':
      return texts.bridgeSysctls.includes('bridge-nf-call-iptables');
    case 'nf_conntrack':
      return texts.netfilterSysctls.includes('nf_conntrack_max');
    case 'vxlan':
      return false;
    default:
      throw new TypeError(`unknown feature ${feature satisfies never}`);
  }
}

export interface CgroupTexts {
  readonly layout: CgroupLayout;
  /** /proc/cgroups: name, hierarchy, groups, enabled. */
  readonly table: string;
  /** cgroup.controllers of the v2 root; undefined when it is not mounted. */
  readonly unified: string | undefined;
}

/** Controllers that can be used. */
export function cgroupControllers({ layout, table, unified }: CgroupTexts): readonly string[] {
  if (layout === 'v2') return (unified ?? '').split(/\s+/).filter(Boolean);
  return table
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.split('\t'))
    .flatMap(([name, , , enabled]) => (name !== undefined && enabled === '1' ? [name] : []));
}

/** Devices and files of /proc/swaps. */
export function swapsIn(text: string): readonly string[] {
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.split(/\s+/)[0] ?? '')
    .filter(Boolean);
}
