/** A client without certificate, as a machine that wants to join is one. */

import { readFile } from 'node:fs/promises';
import { AppError, type ErrorCode } from '@easycerts/core';
import { errorTrailer } from '@easycerts/runtime';
import { ChannelCredentials, Client, Metadata, type ServiceError } from '@grpc/grpc-js';

interface Method<Request, Response> {
  readonly path: string;
  readonly requestSerialize: (value: Request) => Buffer;
  readonly responseDeserialize: (value: Buffer) => Response;
}

export interface Stranger {
  /** The answer, or the AppError that the server threw. */
  call<Request, Response>(method: Method<Request, Response>, request: Request): Promise<Response>;
  close(): void;
}

/** Connects to localhost; `caFile` is what it trusts. */
export async function connectStranger(port: number, caFile: string): Promise<Stranger> {
  const client = new Client(`localhost:${port}`, ChannelCredentials.createSsl(await readFile(caFile)));
  return {
    call({ path, requestSerialize, responseDeserialize }, request) {
      const { promise, resolve, reject } = Promise.withResolvers<ReturnType<typeof responseDeserialize>>();
      const options = { deadline: Date.now() + 10_000 };
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        new Metadata(),
        options,
        (error, answer) => {
          if (error === null && answer !== undefined) resolve(answer);
          else reject(error === null ? new Error('no answer') : errorOf(error));
        },
      );
      return promise;
    },
    close: () => client.close(),
  };
}

function errorOf(error: ServiceError): Error {
  const [trailer] = error.metadata?.get(errorTrailer) ?? [];
  if (!Buffer.isBuffer(trailer)) return error;
  const { code, message, details } = JSON.parse(trailer.toString('utf8')) as AppError & { code: ErrorCode };
  return new AppError(code, message, { details, cause: error });
}
