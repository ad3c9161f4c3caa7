/** Reads events from the bus with the identity of this host, and writes one line each. */

import { once } from 'node:events';
import { AppError } from '@easycerts/core';
import {
  busServers,
  type CommandContext,
  connectBus,
  createLogger,
  hostNameOf,
  loadAcceptedConfig,
  readBusIdentity,
  readTlsIdentity,
  systemClock,
} from '@easycerts/runtime';
import { formatEventJson, formatEventLine } from '../core/event-line.ts';
import { type EventChoice, selectEvents } from '../core/event-selection.ts';

const connectTimeoutMs = 10_000;

/**
 * Resolves when the stored events are written, or, when following, when the signal of the context is aborted. AppError
 * PERMISSION_DENIED for users who may not read the host's identity, FAILED_PRECONDITION where there is no bus to read.
 */
export async function printEvents(
  context: CommandContext,
  choice: EventChoice,
  output: NodeJS.WritableStream & { readonly isTTY?: boolean },
): Promise<void> {
  const { paths, signal } = context;
  const selection = selectEvents(choice, systemClock.now());
  const config = await loadAcceptedConfig(context.configFile, () => undefined);
  if (!config.easyCerts) throw withoutBus();
  await readTlsIdentity(paths.hostIdentity);
  const identity = await readBusIdentity(paths.hostIdentity);
  if (identity.kind !== 'master') throw onNode(identity.id);

  const format = context.isJson ? formatEventJson : formatEventLine;
  const options = { colour: output.isTTY === true && process.env.NO_COLOR === undefined };
  const bus = await connectBus({
    servers: busServers(config),
    identityDirectory: paths.hostIdentity,
    origin: { host: hostNameOf(config), service: 'events' },
    clock: systemClock,
    logger: createLogger({ service: 'events', level: context.logLevel === 'info' ? 'error' : context.logLevel }),
  });
  try {
    await Promise.race([bus.whenConnected(connectTimeoutMs), whenAborted(signal)]);
    if (signal.aborted) return;
    for await (const event of bus.readEvents(selection, signal)) {
      if (signal.aborted) return;
      if (selection.isMeant(event) && !output.write(format(event, options))) await once(output, 'drain', { signal });
    }
  } catch (error) {
    // Ctrl-C is how following ends.
    if (!signal.aborted) throw error;
  } finally {
    await bus.close();
  }
}

function whenAborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener('abort', () => resolve(), { once: true });
  return promise;
}

function withoutBus(): AppError {
  return new AppError('FAILED_PRECONDITION', 'read events: this cluster has no bus', {
    details: { cure: 'set `easyCerts: true` in cluster.yaml' },
  });
}

function onNode(host: string): AppError {
  return new AppError(
    'FAILED_PRECONDITION',
    `read events: ${host} is a node, and nodes may not read the events of others`,
    {
      details: { cure: 'run this on a master' },
    },
  );
}
