/** `ca automation create`: the key is made here and stays here; what its program needs is written beside it. */

import { resolve } from 'node:path';
import { filesOfSet } from '@easycerts/cluster';
import { AutomationsService, type CreateAutomationResponse } from '@easycerts/contracts';
import { AppError, parseDurationMs, secondMs } from '@easycerts/core';
import {
  automationConsumerOf,
  type CommandContext,
  eventsStream,
  inboxPrefixOf,
  loadAcceptedConfig,
  nodeApiPrefix,
  systemClock,
} from '@easycerts/runtime';
import { type ConnectOptions, withService } from '../connect.ts';
import { begin, finish } from './automation-folder.ts';

export interface CreateOptions extends ConnectOptions {
  readonly name: string;
  readonly read: readonly string[];
  readonly out: string;
  /** As in `90d`. */
  readonly ttl: string;
}

/** Makes the automation. Interrupted, the same command goes on with the same key. */
export async function create(context: CommandContext, options: CreateOptions): Promise<void> {
  const { name, read } = options;
  const folder = resolve(options.out);
  const ttlMs = parseDurationMs(options.ttl);
  if (ttlMs === undefined || ttlMs < secondMs) {
    throw new AppError('INVALID_INPUT', `--ttl ${options.ttl}: not a lifetime`, {
      details: { cure: 'write it as --ttl 90d' },
    });
  }
  const { pki } = await loadAcceptedConfig(context.configFile, () => undefined);
  const { csrDer, requestId } = await begin(folder, { name, keyAlgorithm: pki.keyAlgorithm });
  const requestedAtMs = systemClock.now().getTime();
  const request = { name, read: [...read], csrDer, requestId, requestedAtMs, ttlS: Math.floor(ttlMs / secondMs) };
  const made = await withService(AutomationsService, { context, options }, (client) =>
    client.createAutomation(request, { signal: context.signal }),
  );
  await finish(folder, { ...made, connection: connectionOf(name, made) });
  process.stdout.write(context.isJson ? jsonOf(folder, name, made) : textOf(folder, name, made));
}

/** What a client of NATS has to know, besides the certificate. */
export function connectionOf(name: string, { servers }: Pick<CreateAutomationResponse, 'servers'>) {
  return {
    servers,
    stream: eventsStream,
    consumer: automationConsumerOf(name),
    inboxPrefix: inboxPrefixOf({ kind: 'automation', id: name }),
    apiPrefix: nodeApiPrefix,
  };
}

function jsonOf(folder: string, name: string, made: CreateAutomationResponse): string {
  const notAfter = new Date(made.description?.notAfterMs ?? 0).toISOString();
  return `${JSON.stringify({ name, folder, serial: made.serial, notAfter, ...connectionOf(name, made) }, undefined, 2)}\n`;
}

function textOf(folder: string, name: string, made: CreateAutomationResponse): string {
  const { cert, key, ca } = filesOfSet(folder);
  const until = new Date(made.description?.notAfterMs ?? 0).toISOString().slice(0, 10);
  return [
    `automation ${name} may read ${(made.description?.read ?? []).join(' ')} until ${until}\n\n`,
    `  ${key}\n  ${cert}\n  ${ca}\n  ${folder}/connection.json\n\n`,
    'examples for shell, Node and Python: docs/automation.md\n',
  ].join('');
}
