/** What joining does to this host: each action small, and harmless when it is done twice. */

import { hostInUrl, type Paths, parseJoinToken, type Role } from '@easycerts/cluster';
import { isAppError } from '@easycerts/core';
import {
  connectCertificateAuthority,
  type KubeConnection,
  loadClusterConfig,
  loadUsers,
  writeFileAtomically,
} from '@easycerts/runtime';
import { z } from 'zod';
import type { JoinActions } from '../../phases/join-context.ts';
import { examineHost, examinePrograms } from '../preflight/examine-host.ts';
import { mendHost } from '../preflight/mend-host.ts';
import { askNode } from './ask-node.ts';
import type { RunOurselves } from './own-program.ts';
import type { UnitControl } from './unit-control.ts';

export interface JoinActionsOptions {
  readonly role: Role;
  readonly paths: Paths;
  readonly configFile: string;
  readonly mustFix: boolean;
  readonly readToken: () => Promise<string | undefined>;
  /** Opened when it is needed: without systemd preflight has more to say. */
  readonly units: () => Promise<UnitControl>;
  readonly runOurselves: () => Promise<RunOurselves>;
  /** As the node itself. */
  readonly kube: KubeConnection;
}

const appliedSchema = z.object({ written: z.array(z.string()) });

export function joinActions(options: JoinActionsOptions): JoinActions {
  const { configFile, kube, paths, role } = options;
  const examined = { role, paths, configFile };
  return {
    async preflight() {
      if (options.mustFix) await mendHost();
      const line = role === 'node' ? await options.readToken() : undefined;
      const endpoints = line === undefined ? await knownEndpoints(role, configFile) : parseJoinToken(line).endpoints;
      return examineHost({ ...examined, endpoints });
    },
    checkPrograms: () => examinePrograms({ ...examined, endpoints: [] }),
    readToken: options.readToken,
    async isMember() {
      const [endpoint] = await knownEndpoints(role, configFile);
      if (endpoint === undefined) return false;
      const ca = connectCertificateAuthority({ endpoint, identityDirectory: paths.hostIdentity });
      const anything = { pageToken: '', host: '', name: '', authority: '', onlyValid: false };
      try {
        await ca.listCertificates({ ...anything, pageSize: 1 });
        return true;
      } catch {
        return false;
      } finally {
        ca.close();
      }
    },
    async installToken(line) {
      const users = loadUsers();
      await writeFileAtomically(paths.joinToken, `${line}\n`, { mode: 0o600, owner: 'root', group: 'root', users });
    },
    async startServices(units, { replaced = [], restart = [] } = {}) {
      const control = await options.units();
      if (replaced.length > 0) await control.disable(replaced);
      const activity = await control.activityOf(restart);
      // until the old process has ended, what it says would be taken for news
      await control.restart(restart.filter((unit) => activity[unit]?.isActive === true));
      // each takes a while to load: they do so together, while systemd is busy with the boots to come, and what follows
      // waits for what they do
      await control.startSoon(units);
      await control.enable(units);
    },
    async makeAuthorities() {
      await (await options.runOurselves())('ca', 'init');
    },
    async applyConfiguration() {
      const printed = await (await options.runOurselves())('config-renderer', 'apply');
      return appliedSchema.parse(JSON.parse(printed)).written;
    },
    askNode: (name) => askNode(kube, name),
  };
}

/** Where the master of a node that has joined is. */
export async function knownEndpoints(role: Role, configFile: string): Promise<readonly string[]> {
  if (role === 'master') return [];
  try {
    const { masterAddress, pki } = await loadClusterConfig(configFile, { mustResolve: false });
    return [`${hostInUrl(masterAddress)}:${pki.grpcPort}`];
  } catch (error) {
    if (isAppError(error, 'INVALID_CONFIG')) return [];
    throw error;
  }
}
