/** For tests: a host to begin with. */

import type { HostFacts } from '../src/index.ts';

/** A master that is a node as well, on which everything can be done; change one thing a test. */
export const ableHost: HostFacts = {
  name: 'm1',
  roles: ['master', 'node'],
  addresses: ['192.0.2.10'],
  cgroups: 'v2',
  serviceManager: 'systemd',
  isRoot: true,
  mayWriteConntrackMax: true,
  maySetOomScore: true,
  snapshotter: 'overlayfs',
  programs: {},
  cniFolder: undefined,
  resolvConf: '/etc/resolv.conf',
};
