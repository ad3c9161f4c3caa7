/** Hosts for tests, each with systemd as its own PID 1. */

export { type BaseOptions, ensureBase, findBase, type Report } from './ensure-base.ts';
export { describeEnded, type Ended, type ExecOptions, type Host, type StartOptions } from './host.ts';
export { defaultNetwork } from './host-network.ts';
export type { Share } from './host-plan.ts';
export { type Hosts, openHosts, type StartHostsOptions, startHosts } from './hosts.ts';
export { hostBinDir, hostImagesDir, kubernetesShares } from './kubernetes-shares.ts';
export { removeGroup } from './remove-group.ts';
export { removeAbandonedGroups, removeGroupsBelow } from './remove-groups.ts';
export { whyNoHosts } from './why-no-hosts.ts';
