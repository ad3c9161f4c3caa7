/** `easycerts addon-manager`: keeps the addons of the cluster applied. */

import type { CommandContext } from '@easycerts/runtime';
import { contextOf, loadClusterConfig, runDaemon } from '@easycerts/runtime';
import { Command, Option } from 'commander';
import type { AddonSetPaths } from '../edge/open-addon-sets.ts';
import { startAddonManager } from '../start-addon-manager.ts';
import type { ApplyOptions } from './apply.ts';
import { applyOnce, parseWait } from './apply.ts';

/** The command with everything below it. */
export function command(): Command {
  const addonManager = new Command('addon-manager').description('keep the addons of the cluster applied');
  addonManager
    .command('run')
    .description('keep them applied: when a manifest or an object changes, and at an interval')
    .action(async (_options, self: Command) => runAddonManager(contextOf(self)));
  addonManager
    .command('apply')
    .description('apply them once and print what became of each object')
    .option('--dry-run', 'let the API server check everything without storing it')
    .option('--wait <duration>', 'try again until everything is right, at most this long', parseWait, 0)
    .addOption(new Option('--set <name>', 'only this set').choices(['bootstrap', 'addons']))
    .action(async (options: ApplyOptions, self: Command) => {
      const context = contextOf(self);
      await applyOnce(context, addonPathsOf(context), options);
    });
  return addonManager;
}

async function runAddonManager(context: CommandContext): Promise<void> {
  const config = await loadClusterConfig(context.configFile, { mustResolve: false });
  await runDaemon(context, { service: 'addon-manager', config }, (daemon) =>
    startAddonManager(daemon, addonPathsOf(context)),
  );
}

function addonPathsOf({ paths }: CommandContext): AddonSetPaths {
  return {
    addonsDirectory: paths.addons,
    bootstrapDirectory: paths.bootstrapAddons,
    kubeconfig: `${paths.kubernetes}/addon-manager.kubeconfig`,
    superAdminKubeconfig: `${paths.kubernetes}/super-admin.kubeconfig`,
  };
}
