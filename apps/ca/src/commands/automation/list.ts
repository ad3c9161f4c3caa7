/** `ca automation list`: the programs that may read events. */

import { type Automation, AutomationsService } from '@easycerts/contracts';
import { type Clock, formatDuration } from '@easycerts/core';
import { type CommandContext, formatTable, systemClock } from '@easycerts/runtime';
import { type ConnectOptions, withService } from '../connect.ts';

/** Prints the automations. */
export async function list(context: CommandContext, options: ConnectOptions): Promise<void> {
  const { automations } = await withService(AutomationsService, { context, options }, (client) =>
    client.listAutomations({}, { signal: context.signal }),
  );
  const json = (): string => `${JSON.stringify(automations.map(automationJson), undefined, 2)}\n`;
  process.stdout.write(context.isJson ? json() : tableOf(automations, systemClock));
}

/** For `--json`. */
export function automationJson({ createdAtMs, notAfterMs, ...others }: Automation) {
  const [createdAt, notAfter] = [new Date(createdAtMs).toISOString(), new Date(notAfterMs).toISOString()];
  return { ...others, createdAt, notAfter };
}

/** The table: one line an automation. */
export function tableOf(automations: readonly Automation[], clock: Clock): string {
  const nowMs = clock.now().getTime();
  const rows = automations.map(({ name, read, serial, notAfterMs }) => [
    name,
    notAfterMs > nowMs ? `in ${formatDuration(notAfterMs - nowMs)}` : `${formatDuration(nowMs - notAfterMs)} ago`,
    serial,
    read.join(' '),
  ]);
  return formatTable(['NAME', 'EXPIRES', 'SERIAL', 'READS'], rows);
}
