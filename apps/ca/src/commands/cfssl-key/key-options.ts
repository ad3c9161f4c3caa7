/** What the subcommands of `ca cfssl-key` have in common. */

import type { CfsslKeyDescription, CreateCfsslKeyResponse } from '@easycerts/contracts';
import type { ConnectOptions } from '../connect.ts';

export interface KeyOptions extends ConnectOptions {
  readonly host: string;
  readonly profile: string;
}

/** A key as `--json` shows it, times as ISO 8601; never itself. */
export function keyJson({ createdAtMs, previousUntilMs, revokedAtMs, ...key }: CfsslKeyDescription) {
  const { host, profile, generation, state } = key;
  const at = (name: string, timeMs: number) => (timeMs === 0 ? {} : { [name]: new Date(timeMs).toISOString() });
  const others = { ...at('previousUntil', previousUntilMs), ...at('revokedAt', revokedAtMs) };
  return { host, profile, generation, state, ...at('createdAt', createdAtMs), ...others };
}

/** What was made: the key alone, so that it can be piped to where it is needed, or with its facts. */
export function madeText({ key, description }: CreateCfsslKeyResponse, isJson: boolean): string {
  if (!isJson) return `${key}\n`;
  const facts = description === undefined ? {} : keyJson(description);
  return `${JSON.stringify({ key, ...facts }, undefined, 2)}\n`;
}
