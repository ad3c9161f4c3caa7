/** Brings a host's files to what its cluster.yaml asks for: reads facts, renders, writes what differs, removes what is over. */

import { mkdir, readFile, rm } from 'node:fs/promises';
import { posix } from 'node:path';
import {
  contains,
  type DesiredState,
  type Paths,
  parseCidr,
  type RenderedFile,
  resolveDesiredState,
} from '@easycerts/cluster';
import { AppError, isAppError, systemErrorCode, toAppError } from '@easycerts/core';
import {
  acceptedCopyOf,
  changedFiles,
  gatherHostFacts,
  loadClusterConfig,
  publicKeysOf,
  readBusKeys,
  readClusterTexts,
  renderNatsConfig,
  type Users,
  writeFilesAtomically,
} from '@easycerts/runtime';
import { type FlannelSubnet, parseSubnetEnv } from '../core/flannel-config.ts';
import { type LateFacts, renderHost } from '../core/render-host.ts';

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
}

export interface ApplyOutcome {
  readonly written: readonly string[];
  readonly removed: readonly string[];
}

/** Reads cluster.yaml and the host, and works out what would change. AppError INVALID_CONFIG lists every problem. */
export async function planHost(options: HostRendererOptions, mustResolve = true): Promise<RenderPlan> {
  const { paths, users } = options;
  const config = await loadClusterConfig(options.configFile, { mustResolve });
  const facts = await gatherHostFacts({ roles: config.roles, containerdDirectory: paths.containerd });
  if (!facts.isRoot && (config.kubelet.enable || config.proxy.enable || config.flannel.enable)) throw needsRoot();
  const desired = resolveDesiredState(config, facts, paths);
  const late = await lateFacts(desired);
  const files = [
    ...(await acceptedCopies(options.configFile)),
    ...rememberedSubnet(late, paths),
    ...renderHost(desired, late),
  ];
  const wanted = new Set(files.map(({ path }) => path));
  const removed = (await readManifest(paths)).filter((path) => !wanted.has(path));
  return { desired, files, changed: await changedFiles(files, users), removed };
}

/** Carries a plan out. Nothing has changed when it throws because the disk is full or read-only. */
export async function applyPlan(plan: RenderPlan, { paths, users }: HostRendererOptions): Promise<ApplyOutcome> {
  const manifest: RenderedFile = {
    path: manifestPath(paths),
    content: `${JSON.stringify({ files: plan.files.map(({ path }) => path).sort() }, null, 2)}\n`,
    owner: 'root',
    group: 'root',
    mode: 0o644,
  };
  const written = await writeFilesAtomically([...plan.files, manifest], users);
  for (const path of plan.removed) await rm(path, { force: true });
  return { written: written.filter((path) => path !== manifest.path), removed: plan.removed };
}

/** What every daemon starts from while cluster.yaml has problems. */
async function acceptedCopies(configFile: string): Promise<readonly RenderedFile[]> {
  const { text, overlay } = await readClusterTexts(configFile);
  const copy = acceptedCopyOf(configFile);
  const file = (path: string, content: string): RenderedFile => ({
    path,
    content,
    owner: 'root',
    group: 'root',
    mode: 0o644,
  });
  const overlayCopy = overlay === undefined ? [] : [file(posix.join(posix.dirname(copy), 'overlay.yaml'), overlay)];
  return [file(copy, text), ...overlayCopy];
}

async function lateFacts(desired: DesiredState): Promise<LateFacts> {
  const { config, host, paths } = desired;
  const flannelSubnet = await readSubnet(desired);
  const natsConfig =
    config.easyCerts && host.roles.includes('master')
      ? await natsConfigOf(host.name, config.bus.port, paths)
      : undefined;
  return {
    ...(flannelSubnet === undefined ? {} : { flannelSubnet }),
    ...(natsConfig === undefined ? {} : { natsConfig }),
  };
}

async function natsConfigOf(serverName: string, port: number, paths: Paths): Promise<string> {
  const keys = await readBusKeys(`${paths.ca}/bus`).catch((error: unknown) => {
    if (!isAppError(error, 'NOT_FOUND')) throw error;
    throw new AppError('FAILED_PRECONDITION', `the certificate authority in ${paths.ca} does not exist`, {
      cause: error,
      details: { path: paths.ca, cure: 'make it with `easycerts ca init`' },
    });
  });
  return renderNatsConfig({
    serverName,
    address: '0.0.0.0',
    port,
    tlsDirectory: paths.natsIdentity,
    storeDirectory: paths.natsStore,
    logFile: paths.natsLog,
    keys: publicKeysOf(keys),
  });
}

/**
 * flannel's subnet as flanneld has written it, or as it was before the host was started again: /run is empty then, and the
 * pods' network must not wait for flanneld, which waits for the master.
 */
async function readSubnet({ paths, config }: DesiredState): Promise<FlannelSubnet | undefined> {
  for (const path of [paths.flannelSubnet, rememberedSubnetPath(paths)]) {
    const text = await readOptional(path);
    const subnet = text === undefined ? undefined : parseSubnetEnv(text);
    if (subnet !== undefined && isWithin(subnet.subnet, config.clusterCidr)) return subnet;
  }
  return undefined;
}

function rememberedSubnetPath(paths: Paths): string {
  return `${paths.rendererState}/subnet.env`;
}

function rememberedSubnet({ flannelSubnet }: LateFacts, paths: Paths): readonly RenderedFile[] {
  if (flannelSubnet === undefined) return [];
  const content = `FLANNEL_SUBNET=${flannelSubnet.subnet}\nFLANNEL_MTU=${flannelSubnet.mtu}\n`;
  return [{ path: rememberedSubnetPath(paths), content, owner: 'root', group: 'root', mode: 0o644 }];
}

function isWithin(subnet: string, cluster: string): boolean {
  const [inner, outer] = [parseCidr(subnet), parseCidr(cluster)];
  return inner !== undefined && outer !== undefined && contains(outer, { family: inner.family, value: inner.first });
}

function manifestPath(paths: Paths): string {
  return `${paths.rendererState}/manifest.json`;
}

/** What was rendered last; nothing when that is not known: then nothing is removed. */
async function readManifest(paths: Paths): Promise<readonly string[]> {
  const text = await readOptional(manifestPath(paths));
  if (text === undefined) return [];
  try {
    const { files } = JSON.parse(text) as { files?: unknown };
    if (!Array.isArray(files)) return [];
    return files.filter((path): path is string => typeof path === 'string' && isOurs(path, paths));
  } catch {
    return [];
  }
}

/** A damaged manifest must never lead us to remove somebody else's file. */
function isOurs(path: string, paths: Paths): boolean {
  const ours = [posix.dirname(paths.clusterFile), paths.kubernetes, paths.systemdUnits, paths.cniConfig];
  return (
    posix.normalize(path) === path &&
    ours.some((directory) => path.startsWith(`${directory}/`)) &&
    path !== paths.clusterFile
  );
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw toAppError(error, `read ${path}`);
  }
}

function needsRoot(): AppError {
  return new AppError('PERMISSION_DENIED', 'kubelet, proxy and flannel need root', {
    details: {
      cure: 'run as root, or use `roles: [master]` with `kubelet: {enable: false}`, `proxy: {enable: false}` and `flannel: {enable: false}`',
    },
  });
}

/** Makes the folder where flanneld leaves its subnet, so that it can be watched before flanneld has run. */
export async function makeSubnetDirectory(paths: Paths): Promise<string> {
  const directory = posix.dirname(paths.flannelSubnet);
  await mkdir(directory, { recursive: true });
  return directory;
}
