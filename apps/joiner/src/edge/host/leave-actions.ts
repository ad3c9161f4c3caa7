/** What leaving does to this host and says to its master: each action small, and harmless when it is done twice. */

import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { agentReplaces, agentUnit, type ClusterConfig, hostInUrl, type Paths } from '@easycerts/cluster';
import { MembershipService } from '@easycerts/contracts';
import { isAppError } from '@easycerts/core';
import {
  connectGrpcService,
  type KubeConnection,
  loadAcceptedConfig,
  loadUsers,
  openPodSandboxes,
} from '@easycerts/runtime';
import { ruleRemovalOf } from '../../core/rule-removal.ts';
import type { LeaveActions } from '../../phases/leave-context.ts';
import { probeEndpoints } from '../preflight/probe-endpoints.ts';
import { cordonNode, deleteNode, drainStep } from './drain-node.ts';
import { removeLeaving, writeLeaving } from './leave-record.ts';
import { removeIdentity, removePodData, removeRendered } from './remove-files.ts';
import type { UnitControl } from './unit-control.ts';

export interface LeaveActionsOptions {
  readonly paths: Paths;
  readonly configFile: string;
  /** kubelet's data stays. */
  readonly keepsData: boolean;
  readonly units: () => Promise<UnitControl>;
  /** As the node itself. */
  readonly kube: KubeConnection;
}

const run = promisify(execFile);
const cleanupTimeoutMs = 60_000;
/** Interfaces of the pods' network on a node: the bridge of CNI, and flannel's. */
const interfaces = ['cni0', 'flannel.1'];

export function leaveActions(options: LeaveActionsOptions): LeaveActions {
  const { configFile, keepsData, kube, paths } = options;
  /** What it was is all that counts now; undefined on a host that never had one. */
  const config = (): Promise<ClusterConfig | undefined> =>
    loadAcceptedConfig(configFile, () => undefined).catch(() => undefined);
  return {
    async masterProblem() {
      const known = await config();
      if (known === undefined) return undefined;
      const [{ problem } = {}] = await probeEndpoints([caEndpoint(known)], undefined);
      return problem === undefined ? undefined : `its master cannot be reached at ${caEndpoint(known)}: ${problem}`;
    },
    cordon: (node) => cordonNode(kube, node),
    drainStep: (node) => drainStep(kube, node),
    deleteNode: (node) => deleteNode(kube, node),
    async stopEverything(units) {
      const control = await options.units();
      const components = units.filter((unit) => !unit.startsWith('easycerts-'));
      const runtime = components.filter((unit) => unit === 'containerd');
      const others = components.filter((unit) => unit !== 'containerd');
      // joiner first: it would take what stops for failures
      const first = [agentUnit, 'easycerts-joiner'];
      const ours = [...first, ...agentReplaces.filter((unit) => !first.includes(unit))];
      await control.disable(ours);
      await control.stop(first);
      await control.stop(others);
      await endPods(await config(), paths);
      await control.stop(runtime);
      await control.stop(ours.slice(first.length));
      await cleanNetwork(await config());
    },
    async leaveCluster() {
      const known = await config();
      if (known === undefined) return 0;
      const endpoint = caEndpoint(known);
      const membership = connectGrpcService(MembershipService, { endpoint, identityDirectory: paths.hostIdentity });
      try {
        return (await membership.leave({})).revoked;
      } finally {
        membership.close();
      }
    },
    async removeFiles() {
      await removeRendered(paths);
      await removeIdentity(paths);
      if (!keepsData) await removePodData(paths);
      const control = await options.units().catch(() => undefined);
      if (control === undefined) return;
      await control.reload();
      // where the distribution has such a service, which ours stood in front of, it runs again as after a boot
      const { containerd } = await control.activityOf(['containerd']);
      if (containerd?.isEnabled === true) await control.start(['containerd']);
    },
    remember: (done) => writeLeaving(paths, done, loadUsers()),
    async forget() {
      await rm(paths.joinToken, { force: true });
      await removeLeaving(paths);
      await rm(paths.joinerState, { recursive: true, force: true });
    },
  };
}

function caEndpoint({ masterAddress, pki }: ClusterConfig): string {
  return `${hostInUrl(masterAddress)}:${pki.grpcPort}`;
}

/** Every pod that is left; a runtime that does not run has none that could be ended. */
async function endPods(config: ClusterConfig | undefined, paths: Paths): Promise<void> {
  const given = config?.kubelet.containerRuntimeEndpoint?.replace(/^unix:\/\//, '');
  const sandboxes = openPodSandboxes(given ?? paths.containerdSocket);
  try {
    for (const id of await sandboxes.list()) await sandboxes.remove(id);
  } catch (error) {
    if (!isAppError(error, 'UNAVAILABLE')) throw error;
  } finally {
    sandboxes.close();
  }
}

/** Rules of the components and interfaces of the pods' network: what is left of them goes with the next boot at the latest. */
async function cleanNetwork(config: ClusterConfig | undefined): Promise<void> {
  if (config?.proxy.enable === true) {
    await run(`${config.binDir}/kube-proxy`, ['--cleanup'], { timeout: cleanupTimeoutMs }).catch(() => undefined);
  }
  for (const family of ['iptables', 'ip6tables']) await removeLeftoverRules(family).catch(() => undefined);
  if (config?.flannel.enable !== true) return;
  for (const name of interfaces) {
    await run('ip', ['link', 'delete', name], { timeout: cleanupTimeoutMs }).catch(() => undefined);
  }
}

/** kube-proxy takes away its own; kubelet and flanneld leave theirs. All at once: no packet meets half of them. */
async function removeLeftoverRules(family: string): Promise<void> {
  const limit = { timeout: cleanupTimeoutMs };
  const removal = ruleRemovalOf((await run(`${family}-save`, [], limit)).stdout);
  if (removal === '') return;
  const restoring = run(`${family}-restore`, ['--noflush', '--wait'], limit);
  restoring.child.stdin?.on('error', () => undefined);
  restoring.child.stdin?.end(removal);
  await restoring;
}
