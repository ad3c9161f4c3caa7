/** `ca token list`: the tokens there are, newest first; none shows its secret. */

import { type JoinTokenDescription, TokensService } from '@easycerts/contracts';
import { type Clock, formatDuration } from '@easycerts/core';
import { type CommandContext, formatTable, systemClock } from '@easycerts/runtime';
import { type ConnectOptions, withService } from '../connect.ts';
import { tokenJson } from './token-json.ts';

/** Prints the tokens. */
export async function list(context: CommandContext, options: ConnectOptions): Promise<void> {
  const { tokens } = await withService(TokensService, { context, options }, (client) =>
    client.listTokens({}, { signal: context.signal }),
  );
  const json = (): string => `${JSON.stringify(tokens.map(tokenJson), undefined, 2)}\n`;
  process.stdout.write(context.isJson ? json() : tableOf(tokens, systemClock));
}

/** The table: one line a token. */
export function tableOf(tokens: readonly JoinTokenDescription[], clock: Clock): string {
  const nowMs = clock.now().getTime();
  const rows = tokens.map(({ id, role, host, state, uses, usedBy, expiresAtMs, note }) => [
    id,
    state,
    role,
    host === '' ? 'any' : host,
    `${usedBy.length}/${uses}`,
    expiresAtMs > nowMs ? `in ${formatDuration(expiresAtMs - nowMs)}` : `${formatDuration(nowMs - expiresAtMs)} ago`,
    shortened(usedBy),
    note,
  ]);
  return formatTable(['ID', 'STATE', 'ROLE', 'NAME', 'USES', 'EXPIRES', 'USED BY', 'NOTE'], rows);
}

/** Three names, and how many more there are. */
function shortened(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}
