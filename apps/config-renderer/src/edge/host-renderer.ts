/** Brings a host's files to what its configuration asks for: reads facts, renders, writes what differs, removes what is over. */

import { rm } from 'node:fs/promises';
import {
  type ClusterConfig,
  configError,
  type DesiredState,
  manifestOf,
  manifestPath,
  type Paths,
  type RenderedFile,
  renderedFilesIn,
  resolveDesiredState,
} from '@easycerts/cluster';
import { AppError } from '@easycerts/core';
import { changedFiles, configOfTexts, gatherHostFacts, type Users, writeFilesAtomically } from '@easycerts/runtime';
import { nodeAddressProblem } from '../core/node-address.ts';
import { renderHost } from '../core/render-host.ts';
import { acceptedCopies, type HostSource, readHostSource } from './host-source.ts';
import { lateFacts, rememberedSubnet } from './late-facts.ts';
import { readOptional } from './read-optional.ts';

export interface HostRendererOptions {
  readonly paths: Paths;
  /** Path of cluster.yaml. */
  readonly configFile: string;
  readonly users: Users;
}

/** What a host should have, and what would be removed. */
export interface RenderPlan {
  readonly desired: DesiredState;
  readonly files: readonly RenderedFile[];
  /** Of {@link files}, those that are absent or different on disk. */
  readonly changed: readonly RenderedFile[];
  /** Paths of files that an earlier rendering made and this one does not. */
  readonly removed: readonly string[];
  /** On a node: which document it follows from. */
  readonly digest: string | undefined;
}

export interface ApplyOutcome {
  readonly written: readonly string[];
  readonly removed: readonly string[];
}

export interface PlanOptions {
  /** Default true: the master's address must resolve. */
  readonly mustResolve?: boolean;
  /** Default: what lies on disk. */
  readonly source?: HostSource;
}

/** Reads the configuration and the host, and works out what would change. AppError INVALID_CONFIG lists every problem. */
export async function planHost(options: HostRendererOptions, planOptions: PlanOptions = {}): Promise<RenderPlan> {
  const { configFile, paths, users } = options;
  const { mustResolve = true, source = await readHostSource(options) } = planOptions;
  const config = await configOfTexts(source.texts, configFile, { mustResolve });
  const desired = await desiredStateOf(config, source, paths);
  const late = await lateFacts(desired);
  const files = [...acceptedCopies(configFile, source), ...rememberedSubnet(late, paths), ...renderHost(desired, late)];
  const wanted = new Set(files.map(({ path }) => path));
  // Without a manifest nothing is removed.
  const manifest = (await readOptional(manifestPath(paths))) ?? '';
  const removed = renderedFilesIn(manifest, paths).filter((path) => !wanted.has(path));
  return { desired, files, changed: await changedFiles(files, users), removed, digest: source.received?.digest };
}

/** Carries a plan out. Nothing has changed when it throws because the disk is full or read-only. */
export async function applyPlan(plan: RenderPlan, { paths, users }: HostRendererOptions): Promise<ApplyOutcome> {
  const manifest = manifestOf(plan.files, paths);
  const written = await writeFilesAtomically([...plan.files, manifest], users);
  for (const path of plan.removed) await rm(path, { force: true });
  return { written: written.filter((path) => path !== manifest.path), removed: plan.removed };
}

async function desiredStateOf(config: ClusterConfig, { received }: HostSource, paths: Paths): Promise<DesiredState> {
  const facts = await gatherHostFacts({
    roles: config.roles,
    binDir: config.binDir,
    containerdDirectory: paths.containerd,
    ...(received === undefined ? {} : { hostName: received.record.name }),
  });
  if (!facts.isRoot && (config.kubelet.enable || config.proxy.enable || config.flannel.enable)) throw needsRoot();
  if (received === undefined) return resolveDesiredState(config, facts, paths);
  const problem = nodeAddressProblem(config, received.record);
  if (problem !== undefined) throw configError('node.yaml', [problem]);
  // As its master knows it, so that it asks for exactly the certificates that the CA grants.
  return resolveDesiredState(config, { ...facts, ...received.record }, paths);
}

function needsRoot(): AppError {
  return new AppError('PERMISSION_DENIED', 'kubelet, proxy and flannel need root', {
    details: {
      cure: 'run as root, or use `roles: [master]` with `kubelet: {enable: false}`, `proxy: {enable: false}` and `flannel: {enable: false}`',
    },
  });
}
