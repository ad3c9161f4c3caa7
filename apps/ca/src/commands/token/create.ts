/** `ca token create`: the line for `joiner join`, on standard output and nowhere else. */

import { type CreateTokenRequest, type CreateTokenResponse, TokensService } from '@easycerts/contracts';
import { AppError, formatDuration, parseDurationMs, secondMs } from '@easycerts/core';
import type { CommandContext } from '@easycerts/runtime';
import { type ConnectOptions, withService } from '../connect.ts';
import { tokenJson } from './token-json.ts';

export interface CreateOptions extends ConnectOptions {
  readonly role: string;
  /** The only host that may use it. */
  readonly name?: string;
  /** As in `90s`, `1h`, `7d`. */
  readonly ttl: string;
  readonly uses: string;
  readonly note?: string;
  readonly address?: readonly string[];
}

/** Makes a token. The line alone goes to standard output, so that it can be piped to where it is needed. */
export async function create(context: CommandContext, options: CreateOptions): Promise<void> {
  const request = requestOf(options);
  const made = await withService(TokensService, { context, options }, (client) =>
    client.createToken(request, { signal: context.signal }),
  );
  process.stdout.write(context.isJson ? jsonOf(made) : `${made.token}\n`);
  if (process.stderr.isTTY && !context.isJson) process.stderr.write(nextSteps(made));
}

/** What is asked of the CA. AppError INVALID_INPUT for what is not even a duration or a number. */
export function requestOf({ role, name = '', ttl, uses, note = '', address = [] }: CreateOptions): CreateTokenRequest {
  const ttlMs = parseDurationMs(ttl);
  if (ttlMs === undefined || ttlMs < secondMs) {
    throw wrong(`--ttl ${ttl}: not a lifetime`, 'write it as --ttl 90s, --ttl 1h or --ttl 7d');
  }
  if (!/^[1-9]\d{0,5}$/.test(uses)) throw wrong(`--uses ${uses}: not a number from 1 on`, 'write it as --uses 3');
  return { role, host: name, ttlS: Math.floor(ttlMs / secondMs), uses: Number(uses), note, addresses: [...address] };
}

function jsonOf({ token, description }: CreateTokenResponse): string {
  const facts = description === undefined ? {} : tokenJson(description);
  return `${JSON.stringify({ token, ...facts }, undefined, 2)}\n`;
}

/** For people: what to do with the line. */
export function nextSteps({ description }: CreateTokenResponse): string {
  if (description === undefined) return '';
  const { host, uses, createdAtMs, expiresAtMs } = description;
  const who = host !== '' ? `the host ${host}` : uses === 1 ? 'one host' : `${uses} hosts`;
  return [
    `\nThis line lets ${who} join within ${formatDuration(expiresAtMs - createdAtMs)}. It is a secret: nobody can show it again.\n`,
    'On the machine, as root, with the line on standard input:\n\n  joiner join\n\n',
    `To take it back: ca token revoke ${description.id}\n`,
  ].join('');
}

function wrong(message: string, cure: string): AppError {
  return new AppError('INVALID_INPUT', message, { details: { cure } });
}
