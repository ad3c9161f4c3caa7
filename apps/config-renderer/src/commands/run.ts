/** `config-renderer run`: the daemon as a process. */

import { type CommandContext, loadAcceptedConfig, runDaemon } from '@easycerts/runtime';
import type { HostRendererOptions } from '../edge/host-renderer.ts';
import { startConfigRenderer } from '../start-config-renderer.ts';

export async function runConfigRenderer(command: CommandContext, options: HostRendererOptions): Promise<void> {
  const config = await loadAcceptedConfig(options.configFile, () => undefined);
  await runDaemon(command, { service: 'config-renderer', config }, (context) => startConfigRenderer(context, options));
}
