/** `config-renderer run`: the daemon as a process. */

import { awaitAcceptedConfig, type CommandContext, runDaemon } from '@easycerts/runtime';
import type { HostRendererOptions } from '../edge/host-renderer.ts';
import { startConfigRenderer } from '../start-config-renderer.ts';

export async function runConfigRenderer(command: CommandContext, options: HostRendererOptions): Promise<void> {
  const config = await awaitAcceptedConfig(command, { service: 'config-renderer', onProblem: () => undefined });
  if (config === undefined) return;
  await runDaemon(command, { service: 'config-renderer', config }, (context) => startConfigRenderer(context, options));
}
