/** What rendering needs that exists only after something has happened on the host: the keys of the bus, flannel's subnet. */

import { mkdir } from 'node:fs/promises';
import { posix } from 'node:path';
import { contains, type DesiredState, type Paths, parseCidr, type RenderedFile } from '@easycerts/cluster';
import { AppError, isAppError } from '@easycerts/core';
import { listenAddressOf, publicKeysOf, readBusKeys, renderNatsConfig } from '@easycerts/runtime';
import { type FlannelSubnet, parseSubnetEnv } from '../core/flannel-config.ts';
import type { LateFacts } from '../core/render-host.ts';
import { readOptional } from './read-optional.ts';

/** Reads them. AppError FAILED_PRECONDITION on a master without a certificate authority. */
export async function lateFacts(desired: DesiredState): Promise<LateFacts> {
  const { config, host } = desired;
  const flannelSubnet = await readSubnet(desired);
  const natsConfig = config.easyCerts && host.roles.includes('master') ? await natsConfigOf(desired) : undefined;
  return {
    ...(flannelSubnet === undefined ? {} : { flannelSubnet }),
    ...(natsConfig === undefined ? {} : { natsConfig }),
  };
}

async function natsConfigOf({ config, host, paths }: DesiredState): Promise<string> {
  const keys = await readBusKeys(`${paths.ca}/bus`).catch((error: unknown) => {
    if (!isAppError(error, 'NOT_FOUND')) throw error;
    throw new AppError('FAILED_PRECONDITION', `the certificate authority in ${paths.ca} does not exist`, {
      cause: error,
      details: { path: paths.ca, cure: 'make it with `easycerts ca init`' },
    });
  });
  return renderNatsConfig({
    serverName: host.name,
    address: listenAddressOf(config),
    port: config.bus.port,
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

/** The copy of the subnet that outlives a restart of the host. */
export function rememberedSubnet({ flannelSubnet }: LateFacts, paths: Paths): readonly RenderedFile[] {
  if (flannelSubnet === undefined) return [];
  const content = `FLANNEL_SUBNET=${flannelSubnet.subnet}\nFLANNEL_MTU=${flannelSubnet.mtu}\n`;
  return [{ path: rememberedSubnetPath(paths), content, owner: 'root', group: 'root', mode: 0o644 }];
}

function isWithin(subnet: string, cluster: string): boolean {
  const [inner, outer] = [parseCidr(subnet), parseCidr(cluster)];
  return inner !== undefined && outer !== undefined && contains(outer, { family: inner.family, value: inner.first });
}

/** Makes the folder where flanneld leaves its subnet, so that it can be watched before flanneld has run. */
export async function makeSubnetDirectory(paths: Paths): Promise<string> {
  const directory = posix.dirname(paths.flannelSubnet);
  await mkdir(directory, { recursive: true });
  return directory;
}
