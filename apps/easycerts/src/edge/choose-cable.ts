/** Chooses the addresses of the cable between machine and sandbox, the same at every start as long as they are free. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@easycerts/core';
import { type CableNetwork, chooseNetwork } from '../core/choose-network.ts';
import { type DataDirectory, readIfThere } from './data-directory.ts';
import { readInterfaceAlias, readRoutes } from './machine-facts.ts';

/**
 * A network that neither the machine nor the cluster (`clusterNetworks`: pods and services) uses. AppError
 * FAILED_PRECONDITION when there is none, or when the interface's name belongs to somebody else.
 */
export async function chooseCable(data: DataDirectory, clusterNetworks: readonly string[]): Promise<CableNetwork> {
  refuseTakenInterface(data);
  const file = join(data.path, 'network');
  const previous = readIfThere(file)?.trim();
  const taken = [...(await readRoutes()), ...clusterNetworks];
  const cable = chooseNetwork({ id: data.instance.id, taken, ...(previous === undefined ? {} : { previous }) });
  if (cable === undefined) {
    throw new AppError('FAILED_PRECONDITION', 'no private network is free for the sandbox: the machine uses them all', {
      details: { cure: 'take back a route to 10.231.0.0/16, 100.99.0.0/16, 172.29.0.0/16 or 192.168.231.0/24' },
    });
  }
  if (cable.cidr !== previous) writeFileSync(file, `${cable.cidr}\n`);
  return cable;
}

function refuseTakenInterface({ instance, path }: DataDirectory): void {
  if (readInterfaceAlias(instance.interfaceName) === undefined) return;
  throw new AppError(
    'FAILED_PRECONDITION',
    `the network interface ${instance.interfaceName} exists already and is not ours`,
    {
      details: {
        path,
        cure: `remove it (ip link delete ${instance.interfaceName}), or name another folder with --data-dir`,
      },
    },
  );
}
