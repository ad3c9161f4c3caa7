/** Gathers what preflight judges. Changes nothing, and takes what it may not see for unknown. */

import { readdir, readFile, statfs } from 'node:fs/promises';
import { hostname, release, totalmem } from 'node:os';
import { gatherHostFacts } from '@easycerts/runtime';
import type { FolderFacts, KernelFeature, PreflightFacts, PreflightWants } from '../../core/preflight/facts.ts';
import { kernelFeatures } from '../../core/preflight/facts.ts';
import { cgroupControllers, featureState, swapsIn } from '../../core/preflight/kernel-facts.ts';
import { findListeners } from './find-listeners.ts';
import { findPrograms } from './find-programs.ts';
import { probeEndpoints } from './probe-endpoints.ts';

export interface PreflightFactsOptions {
  readonly wants: PreflightWants;
  /** `host:port` of the master, as the token or the configuration names it; none on a master. */
  readonly endpoints: readonly string[];
  /** Port where the master tells the time. */
  readonly clockPort: number;
  readonly containerdDirectory: string;
  /** Where keys, state and configuration lie. */
  readonly folders: readonly string[];
  readonly hasClusterFile: boolean;
  readonly configProblems: readonly string[];
  /** For tests: other places than /proc, /sys, /run, /lib/modules and /var/lib. */
  readonly roots?: Partial<PreflightRoots>;
  readonly hostName?: string;
}

export interface PreflightRoots {
  readonly proc: string;
  readonly sys: string;
  readonly run: string;
  /** Of the running kernel. */
  readonly modules: string;
  readonly var: string;
}

const sysctlNames = ['net.ipv4.ip_forward', 'net.bridge.bridge-nf-call-iptables'];

export async function gatherPreflightFacts(options: PreflightFactsOptions): Promise<PreflightFacts> {
  const roots: PreflightRoots = {
    proc: '/proc',
    sys: '/sys',
    run: '/run',
    modules: `/lib/modules/${release()}`,
    var: '/var/lib',
    ...options.roots,
  };
  const name = options.hostName ?? hostname();
  const [host, features, sysctls, swaps, listeners, programs, endpoints, space, folders] = await Promise.all([
    gatherHostFacts({
      roles: [options.wants.role],
      containerdDirectory: options.containerdDirectory,
      hostName: 'host', // its own name is judged by preflight
      procDirectory: roots.proc,
      sysDirectory: roots.sys,
      runDirectory: roots.run,
    }),
    readFeatures(roots),
    readSysctls(roots.proc),
    textOf(`${roots.proc}/swaps`),
    findListeners(roots.proc),
    findPrograms(options.wants.programs),
    probeEndpoints(options.endpoints, options.clockPort),
    statfs(roots.var),
    Promise.all(options.folders.map(folderFacts)),
  ]);
  const layout = host.cgroups;
  return {
    isRoot: host.isRoot,
    features,
    sysctls,
    swaps: swapsIn(swaps ?? ''),
    cgroups: layout,
    cgroupControllers: cgroupControllers({
      layout,
      table: (await textOf(`${roots.proc}/cgroups`)) ?? '',
      unified: await textOf(`${roots.sys}/fs/cgroup/cgroup.controllers`),
    }),
    serviceManager: host.serviceManager,
    listeners,
    programs,
    hostName: name,
    endpoints,
    varFreeBytes: space.bavail * space.bsize,
    folders: folders.flat(),
    memoryBytes: totalmem(),
    hasClusterFile: options.hasClusterFile,
    configProblems: options.configProblems,
  };
}

async function readFeatures({ modules, proc, sys }: PreflightRoots): Promise<PreflightFacts['features']> {
  const [loaded, filesystems, sysModules, bridgeSysctls, netfilterSysctls, builtin, available] = await Promise.all([
    textOf(`${proc}/modules`),
    textOf(`${proc}/filesystems`),
    namesIn(`${sys}/module`),
    namesIn(`${proc}/sys/net/bridge`),
    namesIn(`${proc}/sys/net/netfilter`),
    textOf(`${modules}/modules.builtin`),
    textOf(`${modules}/modules.dep`),
  ]);
  const texts = {
    modules: loaded ?? '',
    filesystems: filesystems ?? '',
    sysModules,
    bridgeSysctls,
    netfilterSysctls,
    builtin,
    available,
  };
  const states = kernelFeatures.map((feature) => [feature, featureState(feature, texts)] as const);
  return Object.fromEntries(states) as Record<KernelFeature, (typeof states)[number][1]>;
}

async function readSysctls(proc: string): Promise<Readonly<Record<string, string>>> {
  const values = await Promise.all(
    sysctlNames.map(async (name) => [name, await textOf(`${proc}/sys/${name.replaceAll('.', '/')}`)] as const),
  );
  return Object.fromEntries(values.flatMap(([name, value]) => (value === undefined ? [] : [[name, value.trim()]])));
}

async function folderFacts(path: string): Promise<readonly FolderFacts[]> {
  const space = await statfs(path).catch(() => undefined);
  return space === undefined ? [] : [{ path, freeBytes: space.bavail * space.bsize }];
}

async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

async function namesIn(path: string): Promise<readonly string[]> {
  return readdir(path).catch(() => []);
}
