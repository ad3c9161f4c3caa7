/** `easycerts prepare` (hidden): the certificate authorities, then the files of this host, before anything runs. */

import { existsSync } from 'node:fs';
import { contextOf, loadClusterConfig } from '@easycerts/runtime';
import { Command } from 'commander';
import type { SupervisorStep } from '../core/supervisor-state.ts';

/** Loads what it needs only when it runs. */
export function command(): Command {
  return new Command('prepare').description('prepare this host').action(async (_options, self: Command) => {
    const { configFile, paths } = contextOf(self);
    tell('authorities');
    const config = await loadClusterConfig(configFile);
    if (config.easyCerts && config.apiserver.enable && !existsSync(`${paths.hostIdentity}/tls.crt`)) {
      await call((await import('@easycerts/ca')).command(), 'init', self);
    }
    tell('configuration');
    await call((await import('@easycerts/config-renderer')).command(), 'apply', self);
  });
}

/** Calls another app's command in this process, with our own global options. */
async function call(app: Command, name: string, self: Command): Promise<void> {
  const { addGlobalOptions } = await import('@easycerts/runtime');
  const { configFile, paths } = contextOf(self);
  const root = paths.root === '' ? [] : ['--root', paths.root];
  addGlobalOptions(app).exitOverride();
  await app.parseAsync([name, ...root, '--config', configFile], { from: 'user' });
}

function tell(step: SupervisorStep): void {
  process.send?.({ step });
}
