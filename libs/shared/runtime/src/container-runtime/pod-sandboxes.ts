/**
 * Ends every pod of a container runtime the way kubelet would: by the CRI, so that the runtime also takes their networks and
 * mounts away.
 */

import { Client, credentials } from '@grpc/grpc-js';
import { appErrorOf } from '../grpc-error.ts';
import { idRequest, idsIn } from './messages.ts';

export interface PodSandboxes {
  /** Ids of all, running or not. */
  list(): Promise<readonly string[]>;
  /** Stops and removes one with its containers; one that is gone is no error. */
  remove(id: string): Promise<void>;
  close(): void;
}

const service = '/runtime.v1.RuntimeService';
/** The runtime waits for networks and mounts, and kubelet gives it two minutes too (runtimeRequestTimeout). */
const callTimeoutMs = 120_000;

/** The sandboxes of the runtime that listens on a UNIX socket. Its calls throw AppError UNAVAILABLE when nobody does. */
export function openPodSandboxes(socket: string): PodSandboxes {
  const client = new Client(`unix:${socket}`, credentials.createInsecure(), { 'grpc.enable_http_proxy': 0 });
  const call = (method: string, request: Buffer): Promise<Buffer> => {
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    const same = (bytes: Buffer): Buffer => bytes;
    const deadline = Date.now() + callTimeoutMs;
    client.makeUnaryRequest(`${service}/${method}`, same, same, request, { deadline }, (error, answer) => {
      if (error === null) resolve(answer ?? Buffer.alloc(0));
      else reject(appErrorOf(error, `${method} at ${socket}`));
    });
    return promise;
  };
  return {
    list: async () => idsIn(await call('ListPodSandbox', Buffer.alloc(0))),
    async remove(id) {
      await call('StopPodSandbox', idRequest(id));
      await call('RemovePodSandbox', idRequest(id));
    },
    close: () => client.close(),
  };
}
