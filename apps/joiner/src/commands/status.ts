/** `joiner status`: the components of this host, and what it is in its cluster. */

import { contextOf, loadAcceptedConfig, readReceivedDigest } from '@easycerts/runtime';
import { Command } from 'commander';
import type { Membership } from '../core/membership.ts';
import { membershipOf, membershipText } from '../core/membership.ts';
import { askStatus } from '../edge/control-client.ts';
import { readLeaving } from '../edge/host/leave-record.ts';
import { readAppliedDigest } from '../edge/host/read-host-state.ts';
import { readIdentity } from '../edge/host/read-identity.ts';
import { controlSocketOf } from '../start-joiner.ts';
import { formatStatus } from './show-status.ts';

export function statusCommand(): Command {
  return new Command('status')
    .description('show all components, and what this host is in its cluster; exit code 1 unless all are healthy')
    .action(async (_options, self: Command) => {
      const context = contextOf(self);
      const { isJson, paths, signal } = context;
      const status = await askStatus({ path: controlSocketOf(paths), signal });
      const membership = await readMembership(context);
      const member = membership === undefined ? '' : `\n${membershipText(membership)}\n`;
      process.stdout.write(
        isJson
          ? `${JSON.stringify({ ...status, membership }, null, 2)}\n`
          : `${formatStatus(status, new Date())}${member}`,
      );
      if (!status.isReady) process.exitCode = 1;
    });
}

async function readMembership({ configFile, paths }: ReturnType<typeof contextOf>): Promise<Membership | undefined> {
  // what is damaged, `joiner doctor` tells
  const identity = await readIdentity(paths).catch(() => undefined);
  const config = await loadAcceptedConfig(configFile, () => undefined).catch(() => undefined);
  const [appliedDigest, receivedDigest, leaving] = await Promise.all([
    readAppliedDigest(paths.appliedConfig),
    readReceivedDigest(paths).catch(() => undefined),
    readLeaving(paths),
  ]);
  return membershipOf({ identity, appliedDigest, receivedDigest, leaving }, config?.masterAddress);
}
