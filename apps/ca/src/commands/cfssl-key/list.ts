/** `ca cfssl-key list`: who has keys. */

import { type CfsslKeyDescription, CfsslKeysService } from '@easycerts/contracts';
import { formatDuration } from '@easycerts/core';
import { type CommandContext, formatTable, systemClock } from '@easycerts/runtime';
import { type ConnectOptions, withService } from '../connect.ts';
import { keyJson } from './key-options.ts';

/** Prints them. */
export async function list(context: CommandContext, options: ConnectOptions): Promise<void> {
  const { keys } = await withService(CfsslKeysService, { context, options }, (client) =>
    client.listCfsslKeys({}, { signal: context.signal }),
  );
  const json = (): string => `${JSON.stringify(keys.map(keyJson), undefined, 2)}\n`;
  process.stdout.write(context.isJson ? json() : tableOf(keys, systemClock.now()));
}

/** One line a key. */
export function tableOf(keys: readonly CfsslKeyDescription[], now: Date): string {
  const nowMs = now.getTime();
  const rows = keys.map(({ host, profile, generation, state, createdAtMs, previousUntilMs }) => [
    host,
    profile,
    String(generation),
    state,
    `${formatDuration(nowMs - createdAtMs)} ago`,
    state === 'rolling' ? `in ${formatDuration(previousUntilMs - nowMs)}` : '',
  ]);
  return formatTable(['HOST', 'PROFILE', 'GENERATION', 'STATE', 'MADE', 'KEY BEFORE ENDS'], rows);
}
