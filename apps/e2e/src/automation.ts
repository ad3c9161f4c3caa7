/** Somebody's program, outside the cluster, with credentials of its own: the example of docs/automation.md as it stands there. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openHosts } from '@easycerts/test-hosts';
import type { HostsCluster } from './hosts-cluster.ts';
import { dataDirectory, repository } from './place.ts';

export interface HandledEvent {
  /** On the bus: `easycerts.v1.host.n1.component.started`. */
  readonly subject: string;
  /** `type:subject:key` */
  readonly id: string;
}

export interface AutomationReader {
  /** Every event that it has handled, in its order. */
  handled(): readonly HandledEvent[];
  stop(): Promise<void>;
}

const files = ['tls.key', 'tls.crt', 'ca.crt', 'connection.json'];

/** Lets a program of this name read every event, and starts it on the hosts' network. */
export async function startAutomation(cluster: HostsCluster, name: string): Promise<AutomationReader> {
  const there = `/root/${name}`;
  const here = dataDirectory(`automation-${name}`);
  mkdirSync(here, { recursive: true, mode: 0o700 });
  await cluster.mustExec(['ca', 'automation', 'create', '--name', name, '--read', '*', '--out', there]);
  for (const file of files) {
    writeFileSync(join(here, file), await cluster.mustExec(['cat', `${there}/${file}`]), { mode: 0o600 });
  }
  await cluster.mustExec(['rm', '-r', there]);
  // The machine that it runs on has no name for the master.
  const connection = JSON.parse(readFileSync(join(here, 'connection.json'), 'utf8')) as object;
  const address = cluster.all().find((host) => host.name === cluster.hosts[0])?.address;
  writeFileSync(join(here, 'connection.json'), JSON.stringify({ ...connection, servers: [`tls://${address}:4222`] }));

  const stopping = new AbortController();
  const program = join(repository, 'docs/examples/automation/watch.mjs');
  const options = { timeoutMs: 900_000, signal: stopping.signal };
  let printed = '';
  const ended = openHosts(cluster.group)
    .outside([process.execPath, program, here], options)
    .then(
      ({ stdout, stderr }) => {
        printed = `${stdout}${stderr}`;
      },
      () => undefined,
    );
  return {
    handled() {
      if (printed !== '') throw new Error(`the automation has ended: ${printed}`);
      const file = join(here, 'handled');
      if (!existsSync(file)) return [];
      const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
      return lines.map((line) => {
        const blank = line.indexOf(' ');
        return { subject: line.slice(0, blank), id: line.slice(blank + 1) };
      });
    },
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}
