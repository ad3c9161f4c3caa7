/** Servers over HTTP: from asking for a port to giving it back. */

import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toAppError } from '@easycerts/core';

export interface ListenPlace {
  readonly address: string;
  /** 0: any free port. */
  readonly port: number;
}

/** Resolves with the port once it listens. AppError FAILED_PRECONDITION when the port is in use; `what` is said with it. */
export async function listenOn(server: Server, { address, port }: ListenPlace, what = ''): Promise<number> {
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, address, resolve);
  await listening.catch((error: unknown) => {
    throw toAppError(error, `listen on ${address}:${port}${what}`);
  });
  return (server.address() as AddressInfo).port;
}

/** Takes no more connections and cuts those that there are. */
export async function closeServer(server: Server): Promise<void> {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeAllConnections();
  await closed;
}
