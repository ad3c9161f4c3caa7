/** What is typed: `<command> [host…] [options] [-- word…]`. Pure. */

import { parseArgs } from 'node:util';
import { AppError } from '@easycerts/core';
import { defaultNetwork } from './host-network.ts';
import type { Share } from './host-plan.ts';

export type Command =
  | ({ readonly kind: 'up'; readonly group: string; readonly hosts: readonly string[] } & UpOptions)
  | { readonly kind: 'down'; readonly group: string }
  | { readonly kind: 'ls' }
  | {
      readonly kind: 'exec';
      readonly group: string;
      readonly host: string;
      readonly user: string;
      readonly words: readonly string[];
    }
  | { readonly kind: 'power'; readonly group: string; readonly host: string; readonly action: PowerAction };

export interface UpOptions {
  readonly folder?: string;
  readonly network?: string;
  readonly shares: readonly Share[];
  /** Also the Kubernetes programs and images of tools/kube-assets. */
  readonly withKubernetes: boolean;
}

export const powerActions = ['halt', 'kill', 'boot', 'reboot', 'disconnect', 'reconnect'] as const;
export type PowerAction = (typeof powerActions)[number];

export const usage = `usage: main.ts <command> [--group NAME]
  up HOST…        make the hosts and wait until they are up
                  [--kubernetes] [--share FROM:TO]… [--network ${defaultNetwork}] [--folder FOLDER]
  down            remove the group with its disks, and groups that were left behind
  ls              groups and hosts
  exec HOST -- WORD…   [--user NAME]
  ${powerActions.join('|')} HOST`;

const options = {
  group: { type: 'string', default: 'dev' },
  folder: { type: 'string' },
  network: { type: 'string' },
  share: { type: 'string', multiple: true },
  kubernetes: { type: 'boolean', default: false },
  user: { type: 'string', default: 'root' },
} as const;

/** Reads the command line. AppError INVALID_INPUT with the usage. */
export function parseCommand(words: readonly string[]): Command {
  const { values, positionals } = parseWords(words);
  const [kind = '', host = '', ...more] = positionals;
  const { group } = values;
  const isOneHost = host !== '' && more.length === 0;
  switch (kind) {
    case 'up':
      if (host === '') break;
      return { kind, group, hosts: [host, ...more], ...upOptionsOf(values) };
    case 'down':
      if (host !== '') break;
      return { kind, group };
    case 'ls':
      if (host !== '') break;
      return { kind };
    case 'exec':
      if (more.length === 0) break;
      return { kind, group, host, user: values.user, words: more };
    default: {
      const action = powerActions.find((name) => name === kind);
      if (action === undefined || !isOneHost) break;
      return { kind: 'power', group, host, action };
    }
  }
  throw misused(kind === '' ? 'no command' : `${kind}: not such a command, or not with these words`);
}

function parseWords(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true });
  } catch (error) {
    throw misused(error instanceof Error ? error.message : String(error));
  }
}

function upOptionsOf(values: ReturnType<typeof parseWords>['values']): UpOptions {
  return {
    ...(values.folder === undefined ? {} : { folder: values.folder }),
    ...(values.network === undefined ? {} : { network: values.network }),
    shares: (values.share ?? []).map(shareOf),
    withKubernetes: values.kubernetes,
  };
}

function shareOf(text: string): Share {
  const [from = '', to = '', ...more] = text.split(':');
  if (from.startsWith('/') && to.startsWith('/') && more.length === 0) return { from, to };
  throw misused(`--share ${text}: two absolute paths with a colon between them`);
}

function misused(message: string): AppError {
  return new AppError('INVALID_INPUT', message, { details: { cure: usage } });
}
