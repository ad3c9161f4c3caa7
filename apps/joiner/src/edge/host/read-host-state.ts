/** Looks at the disk and the services of this host: everything by which phases are judged. Changes nothing. */

import { access, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename } from 'node:path';
import { type Paths, parseJoinToken, type Role } from '@easycerts/cluster';
import { isAppError } from '@easycerts/core';
import { loadClusterConfig, nodeNameOf, readReceivedDigest } from '@easycerts/runtime';
import { z } from 'zod';
import type { HostState, UnitActivity } from '../../core/host-state.ts';
import type { JoinerStatus } from '../../core/joiner-status.ts';
import { controlSocketOf } from '../../start-joiner.ts';
import { askStatus } from '../control-client.ts';
import { jsonFilesIn, readCertificateProgress } from './certificate-progress.ts';
import { readCertmgrStatus } from './certmgr-status.ts';
import { readLeaving } from './leave-record.ts';
import { readIdentity } from './read-identity.ts';

export interface HostStateOptions {
  readonly paths: Paths;
  readonly configFile: string;
  /** Default: of the machine. */
  readonly hostName?: string;
  /** How our own services are doing; it is asked at every look. */
  readonly services: () => Promise<Readonly<Record<string, UnitActivity>>>;
}

/** joiner answers at once or not at all. */
const answerTimeoutMs = 2_000;
const appliedSchema = z.object({ digest: z.string() });

/** Looks once. AppError FAILED_PRECONDITION when the host name cannot be that of a node; what cannot be read throws, too. */
export async function readHostState(options: HostStateOptions): Promise<HostState> {
  const { configFile, paths } = options;
  const certmgr = readCertmgrStatus(paths);
  // together: systemd and joiner answer while files are read
  const [services, components, role, hasAuthority, tokenId, identity, receivedDigest, appliedDigest, units, leaving] =
    await Promise.all([
      options.services(),
      askJoiner(paths),
      readRole(configFile),
      hasWholeAuthority(paths),
      readTokenId(paths.joinToken),
      readIdentity(paths),
      readReceivedDigest(paths),
      readAppliedDigest(paths.appliedConfig),
      jsonFilesIn(paths.componentSpecs),
      readLeaving(paths),
    ]);
  const status = await certmgr;
  return {
    name: identity?.host ?? nodeNameOf(options.hostName ?? hostname()),
    role,
    hasAuthority,
    tokenId,
    identity,
    enrolment: status?.enrolment,
    receivedDigest,
    appliedDigest,
    certificates: await readCertificateProgress(paths, status),
    units: units.map((path) => basename(path, '.json')),
    components,
    services,
    leaving,
  };
}

/** A configuration with problems is told by those who need it. */
export async function readRole(configFile: string): Promise<Role | 'none'> {
  try {
    const { apiserver, roles } = await loadClusterConfig(configFile, { mustResolve: false });
    return roles.includes('master') || apiserver.enable ? 'master' : 'node';
  } catch (error) {
    if (isAppError(error, 'INVALID_CONFIG')) return 'none';
    throw error;
  }
}

/** `ca init` that was killed leaves a folder `initial` in it. */
async function hasWholeAuthority({ ca }: Paths): Promise<boolean> {
  return (await exists(ca)) && !(await exists(`${ca}/initial`));
}

async function readTokenId(path: string): Promise<string | undefined> {
  try {
    return parseJoinToken(await readFile(path, 'utf8')).id;
  } catch {
    return undefined;
  }
}

export async function readAppliedDigest(path: string): Promise<string | undefined> {
  try {
    return appliedSchema.parse(JSON.parse(await readFile(path, 'utf8'))).digest;
  } catch {
    return undefined;
  }
}

async function askJoiner(paths: Paths): Promise<JoinerStatus | undefined> {
  try {
    return await askStatus({ path: controlSocketOf(paths), signal: AbortSignal.timeout(answerTimeoutMs) });
  } catch {
    return undefined;
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
