/** `node tools/test-hosts/src/main.ts <command> …`: hosts with systemd on this machine, by hand. */

import { once } from 'node:events';
import { join } from 'node:path';
import { type AppError, exitCodeOf, toAppError } from '@easycerts/core';
import { cacheDirs, ensureAssets, renderError, renderEvent } from '@easycerts/kube-assets';
import { type Command, parseCommand } from './command-line.ts';
import { groupsOnRecord } from './group-record-file.ts';
import { openHosts, startHosts } from './hosts.ts';
import { kubernetesShares } from './kubernetes-shares.ts';
import { removeGroup } from './remove-group.ts';
import { removeAbandonedGroups } from './remove-groups.ts';

const ending = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => ending.abort(new Error(name)));
// Whoever reads the progress may stop reading (`| head`); the work goes on.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const report = (line: string): void => void process.stderr.write(`${line}\n`);

try {
  process.exitCode = await run(parseCommand(process.argv.slice(2)));
} catch (thrown) {
  const error: AppError = toAppError(thrown, 'hosts');
  report(renderError(error));
  process.exitCode = exitCodeOf(error.code);
}

async function run(command: Command): Promise<number> {
  switch (command.kind) {
    case 'up':
      return up(command);
    case 'down':
      await removeAbandonedGroups();
      await removeGroup(command.group);
      return 0;
    case 'ls':
      for (const group of groupsOnRecord()) {
        for (const host of openHosts(group).all) {
          const state = host.isRunning() ? `on, pid ${host.init()?.pid}` : 'off';
          process.stdout.write(`${group}\t${host.name}\t${host.address}\t${state}\n`);
        }
      }
      return 0;
    case 'exec': {
      const { user, words } = command;
      const child = openHosts(command.group).host(command.host).start(words, { user, isInherited: true });
      const [code] = (await once(child, 'close')) as [number | null];
      return code ?? 1;
    }
    case 'power':
      await openHosts(command.group).host(command.host)[command.action]();
      return 0;
    default:
      return command satisfies never;
  }
}

async function up({ group, hosts, withKubernetes, ...options }: Command & { kind: 'up' }): Promise<number> {
  const { env } = process;
  const assets = withKubernetes
    ? await ensureAssets({
        group: 'all',
        env,
        signal: ending.signal,
        report: (event) => event.kind !== 'cached' && report(renderEvent(event)),
      })
    : undefined;
  const { folder = join(cacheDirs(env, 'hosts').root, 'groups', group), network, shares } = options;
  await startHosts({
    group,
    hosts,
    folder,
    shares: [...shares, ...(assets === undefined ? [] : kubernetesShares(assets))],
    ...(network === undefined ? {} : { network }),
    env,
    report,
    signal: ending.signal,
  });
  return 0;
}
