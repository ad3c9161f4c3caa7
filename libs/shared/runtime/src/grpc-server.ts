/**
 * Serves gRPC over TLS 1.3: to hosts, where a call without the certificate of a host does not get through, or, when told so
 * by name, to anybody. Which of the two a service is for is part of its type: none of the first kind is served by the second.
 */

import { type EventEmitter, once } from 'node:events';
import type { SecureContextOptions } from 'node:tls';
import { AppError, isAppError, minuteMs, toAppError } from '@easycerts/core';
import type {
  handleBidiStreamingCall,
  handleUnaryCall,
  ServerDuplexStream,
  ServerUnaryCall,
  ServiceDefinition,
} from '@grpc/grpc-js';
import { logVerbosity, Server, ServerCredentials, setLogVerbosity } from '@grpc/grpc-js';
import { type Caller, callerOf } from './grpc-caller.ts';
import { serviceErrorOf } from './grpc-error.ts';
import type {
  CallContext,
  GrpcService,
  OpenCallContext,
  OpenGrpcService,
  StreamHandler,
  UnaryHandler,
} from './grpc-service.ts';
import { implementationOf } from './grpc-service.ts';
import type { Logger } from './logger.ts';
import type { RunningService } from './service.ts';
import type { TlsIdentity } from './tls-identity.ts';
import { readTlsIdentity, secureContextOptionsOf, watchTlsIdentity } from './tls-identity.ts';

/** A call that was refused before its handler saw it. */
export interface RefusedCall {
  /** `/easycerts.ca.v1.CertificateAuthority/Sign` */
  readonly method: string;
  readonly peer: string;
  readonly detail: string;
}

export type GrpcServerOptions = ServerOptions &
  (
    | { readonly clients?: 'hosts'; readonly services: readonly GrpcService[] }
    /** Asks for no client certificate, and shows the CA's certificate beside its own, so that its key can be pinned. */
    | { readonly clients: 'anybody'; readonly services: readonly OpenGrpcService[] }
  );

interface ServerOptions {
  readonly address: string;
  /** 0: any free port. */
  readonly port: number;
  /** Certificate set to serve with; its `ca.crt` decides which client certificates are accepted. Re-read when it changes. */
  readonly identityDirectory: string;
  readonly logger: Logger;
  /** Told about callers whose certificate is of our CA but not a host identity. */
  readonly onRefused?: (call: RefusedCall) => void;
  /** Requests above are refused; default 64 KiB. */
  readonly maxRequestBytes?: number;
  /** Longest time for one call, whatever deadline the caller gives; default 30 s. */
  readonly callTimeoutMs?: number;
  /** The same for a call with many requests; default five minutes. */
  readonly streamTimeoutMs?: number;
  /** How long `close` waits for calls under way; default 3 s. */
  readonly closeTimeoutMs?: number;
  /** How often the certificate set is looked at; default 2 s. */
  readonly identityIntervalMs?: number;
}

export interface RunningGrpcServer extends RunningService {
  readonly port: number;
}

/** Starts a server. AppError FAILED_PRECONDITION when the port is in use, NOT_FOUND or DAMAGED for its certificate set. */
export async function startGrpcServer(options: GrpcServerOptions): Promise<RunningGrpcServer> {
  // grpc-js writes to the console by itself; what matters comes back as errors.
  setLogVerbosity(logVerbosity.NONE);
  const identity = await readTlsIdentity(options.identityDirectory);
  const clients = options.clients ?? 'hosts';
  const credentials = new ReloadableCredentials(identity, clients);
  const server = new Server({
    'grpc.max_receive_message_length': options.maxRequestBytes ?? 64 * 1024,
    'grpc.max_concurrent_streams': 100,
    'grpc.keepalive_time_ms': 60_000,
    'grpc.keepalive_timeout_ms': 10_000,
    ...(clients === 'hosts' ? {} : strangersOptions),
  });
  for (const service of options.services) {
    if (service.clients !== clients) throw new AppError('INTERNAL', `serve ${service.clients} to ${clients}`);
    server.addService(service.definition as unknown as ServiceDefinition, handlersOf(service, options));
  }
  const port = await bind(server, options, credentials);
  const stopWatching = watchTlsIdentity({
    directory: options.identityDirectory,
    current: identity,
    logger: options.logger,
    ...(options.identityIntervalMs === undefined ? {} : { intervalMs: options.identityIntervalMs }),
    onChange: (changed) => {
      credentials.replace(changed);
      options.logger.info({ directory: options.identityDirectory }, 'serve with the new certificate');
    },
  });
  return {
    port,
    async close() {
      stopWatching();
      await shutDown(server, options.closeTimeoutMs ?? 3_000);
    },
  };
}

/** Strangers do what they came for and go: nobody keeps connections open. */
const strangersOptions = { 'grpc.max_connection_age_ms': 60_000, 'grpc.max_connection_idle_ms': 20_000 };

type Clients = 'hosts' | 'anybody';

/** Server credentials whose certificates can be replaced: new connections see the new ones, old connections go on. */
class ReloadableCredentials extends ServerCredentials {
  readonly #clients: Clients;

  constructor(identity: TlsIdentity, clients: Clients) {
    const isMutual = clients === 'hosts';
    super({ requestCert: isMutual, rejectUnauthorized: isMutual }, contextFor(identity, clients));
    this.#clients = clients;
  }

  replace(identity: TlsIdentity): void {
    this.updateSecureContextOptions(contextFor(identity, this.#clients));
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}

function contextFor(identity: TlsIdentity, clients: Clients): SecureContextOptions {
  const context = secureContextOptionsOf(identity);
  if (clients === 'hosts') return context;
  return { ...context, cert: Buffer.concat([identity.cert, Buffer.from('\n'), identity.ca]) };
}

type UnaryCall = ServerUnaryCall<unknown, unknown>;
type StreamCall = ServerDuplexStream<unknown, unknown>;
type Call = EventEmitter & Pick<UnaryCall, 'getPath' | 'getPeer' | 'getAuthContext'>;

function handlersOf(service: GrpcService | OpenGrpcService, options: GrpcServerOptions) {
  if (service.clients === 'anybody') return implementationOf(service, wrapping(options, openContext));
  return implementationOf(
    service,
    wrapping(options, (call, signal): CallContext => ({ ...openContext(call, signal), caller: hostOf(call, options) })),
  );
}

/** `contextOf` throws when the caller may not call at all. */
function wrapping<Context>(options: GrpcServerOptions, contextOf: (call: Call, signal: AbortSignal) => Context) {
  const limitMs = options.callTimeoutMs ?? 30_000;
  const streamLimitMs = options.streamTimeoutMs ?? 5 * minuteMs;
  return {
    unary: (handler: UnaryHandler<Context>) =>
      unaryCall(options, (call) =>
        withTimeLimit(call, limitMs, (signal) => handler(call.request, contextOf(call, signal))),
      ),
    stream: (handler: StreamHandler<Context>) =>
      streamCall(options, (call) =>
        withTimeLimit(call, streamLimitMs, async (signal) => {
          // The end of the requests is not the end of the answers.
          const requests = call.iterator({ destroyOnReturn: false });
          for await (const response of handler(requests, contextOf(call, signal))) {
            signal.throwIfAborted();
            if (!call.write(response)) await once(call, 'drain', { signal });
          }
        }),
      ),
  };
}

function openContext(call: Call, signal: AbortSignal): OpenCallContext {
  return { peer: call.getPeer(), signal };
}

function unaryCall(
  options: GrpcServerOptions,
  work: (call: UnaryCall) => Promise<unknown>,
): handleUnaryCall<unknown, unknown> {
  return (call, answer) => {
    work(call).then(
      (response) => answer(null, response),
      (error: unknown) => answer(failureOf(error, call, options)),
    );
  };
}

function streamCall(
  options: GrpcServerOptions,
  work: (call: StreamCall) => Promise<unknown>,
): handleBidiStreamingCall<unknown, unknown> {
  return (call) => {
    work(call).then(
      () => call.end(),
      (error: unknown) => call.emit('error', failureOf(error, call, options)),
    );
  };
}

function failureOf(error: unknown, call: Call, { logger }: GrpcServerOptions) {
  if (!isAppError(error)) logger.error({ err: error, method: call.getPath() }, 'call failed unexpectedly');
  return serviceErrorOf(error);
}

/** The host that calls. AppError UNAUTHENTICATED when it is none. */
function hostOf(call: Call, options: GrpcServerOptions): Caller {
  const caller = callerOf(call.getAuthContext()?.sslPeerCertificate);
  if (caller === undefined) {
    const peer = call.getPeer();
    const detail = 'the client certificate is not the identity of a host';
    options.onRefused?.({ method: call.getPath(), peer, detail });
    throw new AppError('UNAUTHENTICATED', `call ${call.getPath()}: ${detail}`, {
      details: { reason: 'unauthenticated' },
    });
  }
  return caller;
}

/** The answer of `work`, or an error as soon as the caller has gone or the time is over; `work` is told by its signal. */
async function withTimeLimit(
  call: Call,
  limitMs: number,
  work: (signal: AbortSignal) => Promise<unknown>,
): Promise<unknown> {
  const controller = new AbortController();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const end = (error: AppError): void => {
    controller.abort(error);
    reject(error);
  };
  const onGone = (): void => end(new AppError('CANCELLED', `call ${call.getPath()}: the caller has gone`));
  const late = new AppError('DEADLINE_EXCEEDED', `call ${call.getPath()}: not done within ${limitMs} ms`);
  const timer = setTimeout(() => end(late), limitMs);
  call.once('cancelled', onGone);
  try {
    return await Promise.race([work(controller.signal), ended]);
  } finally {
    clearTimeout(timer);
    call.off('cancelled', onGone);
  }
}

async function bind(server: Server, options: GrpcServerOptions, credentials: ServerCredentials): Promise<number> {
  const address = options.address.includes(':') ? `[${options.address}]` : options.address;
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.bindAsync(`${address}:${options.port}`, credentials, (error, port) =>
    error === null ? resolve(port) : reject(error),
  );
  try {
    return await promise;
  } catch (error) {
    const isInUse = error instanceof Error && error.message.includes('EADDRINUSE');
    // grpc-js gives the system error as text only.
    throw toAppError(
      isInUse ? Object.assign(error, { code: 'EADDRINUSE' }) : error,
      `listen on ${address}:${options.port}`,
    );
  }
}

async function shutDown(server: Server, limitMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(() => server.forceShutdown(), limitMs);
  server.tryShutdown(() => resolve());
  await promise;
  clearTimeout(timer);
}
