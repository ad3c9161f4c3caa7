/** Calls gRPC services over TLS 1.3, mutual with a host identity, which it follows when it is renewed. */

import { isIP } from 'node:net';
import { Readable } from 'node:stream';
import { checkServerIdentity, createSecureContext, type SecureContextOptions } from 'node:tls';
import { type AppError, toAppError } from '@easycerts/core';
import type { ChannelOptions, ServiceError } from '@grpc/grpc-js';
import { ChannelCredentials, Client, logVerbosity, Metadata, setLogVerbosity } from '@grpc/grpc-js';
import { hostOfEndpoint } from './endpoint.ts';
import { appErrorOf } from './grpc-error.ts';
import type { CallOptions, Calls, StreamMethod, UnaryMethod } from './grpc-service.ts';
import { readTlsIdentity, secureContextOptionsOf } from './tls-identity.ts';

export type GrpcClientOptions = CallingIdentity & {
  /** `host:port`; the server's certificate must be valid for the host. */
  readonly endpoint: string;
  /** Time limit of a call that names none; default 10 s. */
  readonly callTimeoutMs?: number;
  /** Answers above are refused; default 8 MiB. */
  readonly maxResponseBytes?: number;
};

/** As whom to call, and whom to trust. */
export type CallingIdentity =
  /** Certificate set to call with; its `ca.crt` decides which server certificates are accepted. Read at each call. */
  | { readonly identityDirectory: string; readonly trustedCaPem?: never }
  /** As nobody, for hosts without an identity: only this CA decides which server certificates are accepted. */
  | { readonly trustedCaPem: string; readonly identityDirectory?: never };

export type GrpcClient<Definition> = Calls<Definition> & {
  /** Ends the connection once the calls under way have been answered. */
  close(): void;
};

/**
 * A client of one service, given by its generated definition. Connects at the first call. Calls throw the AppError that the
 * server threw, or UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED; NOT_FOUND when the identity is not on disk yet.
 */
export function connectGrpcService<Definition extends object>(
  definition: Definition,
  options: GrpcClientOptions,
): GrpcClient<Definition> {
  // grpc-js writes to the console by itself; what matters comes back as errors.
  setLogVerbosity(logVerbosity.NONE);
  const channels = new Channels(options);
  const methods = Object.entries(
    definition as Record<string, UnaryMethod<unknown, unknown> | StreamMethod<unknown, unknown>>,
  );
  const calls = methods.map(([name, method]) => [
    name,
    method.requestStream
      ? (requests: Requests, callOptions?: CallOptions) => channels.stream(method, requests, callOptions ?? {})
      : (request: unknown, callOptions?: CallOptions) => channels.call(method, request, callOptions ?? {}),
  ]);
  return { ...Object.fromEntries(calls), close: () => channels.close() } as GrpcClient<Definition>;
}

type Requests = Iterable<unknown> | AsyncIterable<unknown>;

interface OpenChannel {
  readonly version: string;
  readonly client: Client;
  callsUnderWay: number;
}

/** The connection of the current identity, and those of earlier ones until their last call is answered. */
class Channels {
  readonly #options: GrpcClientOptions;
  #current: OpenChannel | undefined;

  constructor(options: GrpcClientOptions) {
    this.#options = options;
  }

  async call(method: UnaryMethod<unknown, unknown>, request: unknown, options: CallOptions): Promise<unknown> {
    options.signal?.throwIfAborted();
    const channel = this.#channelFor(await readIdentity(this.#options));
    channel.callsUnderWay += 1;
    try {
      return await this.#send(channel.client, { method, request, options });
    } finally {
      this.#release(channel);
    }
  }

  /** The answers as they come. The caller's end of the sequence ends the call. */
  async *stream(
    method: StreamMethod<unknown, unknown>,
    requests: Requests,
    options: CallOptions,
  ): AsyncGenerator<unknown, void> {
    options.signal?.throwIfAborted();
    const channel = this.#channelFor(await readIdentity(this.#options));
    channel.callsUnderWay += 1;
    const { path, requestSerialize, responseDeserialize } = method;
    const deadline = this.#deadline(options);
    const call = channel.client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, new Metadata(), {
      deadline,
    });
    const cancel = (): void => call.cancel();
    options.signal?.addEventListener('abort', cancel, { once: true });
    let failure: unknown;
    const sending = Readable.from(requests);
    sending.once('error', (error) => {
      failure = error;
      cancel();
    });
    sending.pipe(call);
    try {
      for await (const response of call) yield response;
    } catch (error) {
      throw failure ?? this.#errorOf(error, path);
    } finally {
      sending.destroy();
      options.signal?.removeEventListener('abort', cancel);
      cancel();
      this.#release(channel);
    }
  }

  close(): void {
    const channel = this.#current;
    this.#current = undefined;
    if (channel !== undefined) closeWhenIdle(channel);
  }

  #release(channel: OpenChannel): void {
    channel.callsUnderWay -= 1;
    if (channel !== this.#current) closeWhenIdle(channel);
  }

  #deadline({ timeoutMs }: CallOptions): number {
    return Date.now() + (timeoutMs ?? this.#options.callTimeoutMs ?? 10_000);
  }

  #errorOf(error: unknown, path: string): AppError {
    const doing = `call ${path} at ${this.#options.endpoint}`;
    return isServiceError(error) ? appErrorOf(error, doing) : toAppError(error, doing);
  }

  #channelFor(identity: ReadIdentity): OpenChannel {
    if (this.#current?.version === identity.version) return this.#current;
    this.close();
    const credentials = ChannelCredentials.createFromSecureContext(createSecureContext(identity.context), {
      checkServerIdentity: (_name, certificate) =>
        checkServerIdentity(hostOfEndpoint(this.#options.endpoint), certificate),
    });
    const client = new Client(this.#options.endpoint, credentials, channelOptionsOf(this.#options));
    this.#current = { version: identity.version, client, callsUnderWay: 0 };
    return this.#current;
  }

  #send(
    client: Client,
    { method, request, options }: { method: UnaryMethod<unknown, unknown>; request: unknown; options: CallOptions },
  ): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const deadline = this.#deadline(options);
    const call = client.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      new Metadata(),
      { deadline },
      (error, response) => (error === null ? resolve(response) : reject(error)),
    );
    const cancel = (): void => call.cancel();
    options.signal?.addEventListener('abort', cancel, { once: true });
    return promise
      .catch((error: unknown) => {
        throw this.#errorOf(error, method.path);
      })
      .finally(() => options.signal?.removeEventListener('abort', cancel));
  }
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'metadata' in error && 'details' in error;
}

interface ReadIdentity {
  readonly version: string;
  readonly context: SecureContextOptions;
}

async function readIdentity({ identityDirectory, trustedCaPem }: GrpcClientOptions): Promise<ReadIdentity> {
  if (trustedCaPem !== undefined) return { version: '', context: { ca: trustedCaPem, minVersion: 'TLSv1.3' } };
  const identity = await readTlsIdentity(identityDirectory);
  return { version: identity.version, context: secureContextOptionsOf(identity) };
}

function closeWhenIdle(channel: OpenChannel): void {
  if (channel.callsUnderWay === 0) channel.client.close();
}

function channelOptionsOf(options: GrpcClientOptions): ChannelOptions {
  return {
    'grpc.max_receive_message_length': options.maxResponseBytes ?? 8 * 1024 * 1024,
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
    // The server may just be starting: seconds of back-off would be lost time.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 2_000,
    // A proxy from the environment would see who talks to whom, and DNS has no service configuration of ours.
    'grpc.enable_http_proxy': 0,
    'grpc.service_config_disable_resolution': 1,
    // Old identities must not find their connection again in a pool of all channels.
    'grpc.use_local_subchannel_pool': 1,
    // SNI cannot be an address (RFC 6066); the certificate is checked against the address all the same
    ...(isIP(hostOfEndpoint(options.endpoint)) === 0 ? {} : { 'grpc.ssl_target_name_override': 'easycerts-ca' }),
  };
}
