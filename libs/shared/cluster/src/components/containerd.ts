/** containerd: runs the containers of the kubelet. Uses no certificates. */

import { unitOf } from '../component-name.ts';
import type { ComponentSpec } from '../component-spec.ts';
import { programPath } from '../host-programs.ts';
import { type ComponentContext, readAtStart } from './component-context.ts';

export function containerd(context: ComponentContext): ComponentSpec {
  const { config, paths } = context;
  const configFile = `${paths.root}/etc/easycerts/containerd.toml`;
  return {
    component: 'containerd',
    unit: unitOf.containerd,
    description: 'containerd, the container runtime',
    argv: [programPath(context, 'containerd'), '--config', configFile, ...config.containerd.extraOpts],
    env: { PATH: `${config.binDir}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin` },
    user: 'root',
    group: 'root',
    startAfter: [],
    files: readAtStart(configFile),
    certificates: [],
    directories: [
      { path: paths.containerd, owner: 'root', group: 'root', mode: 0o711 },
      { path: paths.cniConfig, owner: 'root', group: 'root', mode: 0o755 },
    ],
    health: { kind: 'cri', path: paths.containerdSocket },
    startTimeoutMs: 30_000,
    stopTimeoutMs: 10_000,
    // its shims, and with them the containers, live on
    killMode: 'process',
    systemdOptions: ['Delegate=yes', 'LimitNOFILE=1048576', 'TasksMax=infinity', 'OOMScoreAdjust=-999'],
  };
}
