/** What runs the components of this host: systemd where it is PID 1, else joiner itself as detached processes. */

import { join } from 'node:path';
import type { HostFacts, Paths } from '@easycerts/cluster';
import {
  createProcessServiceManager,
  createSystemdServiceManager,
  type ServiceManager,
  type Users,
} from '@easycerts/runtime';

export interface ServiceManagerFacts {
  readonly host: Pick<HostFacts, 'serviceManager'>;
  readonly paths: Pick<Paths, 'root' | 'joinerState' | 'logs'>;
  readonly users: Users;
}

/** Makes the manager. systemd reads no units below another root, so a developer's cluster runs as processes everywhere. */
export function chooseServiceManager({ host, paths, users }: ServiceManagerFacts): ServiceManager {
  if (host.serviceManager === 'systemd' && paths.root === '') return createSystemdServiceManager();
  return createProcessServiceManager({
    stateDirectory: join(paths.joinerState, 'units'),
    logDirectory: paths.logs,
    users,
  });
}
