/** Handlers of a generated service: typed by its definition, given the caller, answering with a promise. */

import type { UntypedServiceImplementation } from '@grpc/grpc-js';
import type { Caller } from './grpc-caller.ts';

/** The part of a generated unary method definition that decides its types. */
export interface UnaryMethod<Request, Response> {
  readonly path: string;
  readonly requestStream: false;
  readonly responseStream: false;
  readonly requestSerialize: (value: Request) => Buffer;
  readonly requestDeserialize: (value: Buffer) => Request;
  readonly responseSerialize: (value: Response) => Buffer;
  readonly responseDeserialize: (value: Buffer) => Response;
}

/** What a handler knows besides the request. */
export interface CallContext {
  readonly caller: Caller;
  /** Address of the other side, for the audit trail. */
  readonly peer: string;
  /** Aborted when the caller has gone or the time limit has passed. */
  readonly signal: AbortSignal;
}

/** One handler for each method of a service. */
export type Handlers<Definition> = {
  readonly [Method in keyof Definition]: Definition[Method] extends {
    readonly requestSerialize: (value: infer Request) => Buffer;
    readonly responseDeserialize: (value: Buffer) => infer Response;
  }
    ? (request: Request, context: CallContext) => Promise<Response>
    : never;
};

/** One function for each method of a service, as its client sees it. */
export type Calls<Definition> = {
  readonly [Method in keyof Definition]: Definition[Method] extends {
    readonly requestSerialize: (value: infer Request) => Buffer;
    readonly responseDeserialize: (value: Buffer) => infer Response;
  }
    ? (request: Request, options?: CallOptions) => Promise<Response>
    : never;
};

export interface CallOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** A service to serve: made by {@link serviceOf}, which has checked the types. */
export interface GrpcService {
  readonly definition: Readonly<Record<string, UnaryMethod<unknown, unknown>>>;
  readonly handlers: Readonly<Record<string, (request: unknown, context: CallContext) => Promise<unknown>>>;
}

/** Couples a generated service definition (`CertificateAuthorityService`) with its handlers. */
export function serviceOf<Definition extends object>(
  definition: Definition,
  handlers: Handlers<Definition>,
): GrpcService {
  return { definition, handlers } as unknown as GrpcService;
}

/** The implementation that grpc-js wants, each method wrapped. */
export function implementationOf(
  service: GrpcService,
  wrap: (method: string, handler: GrpcService['handlers'][string]) => UntypedServiceImplementation[string],
): UntypedServiceImplementation {
  return Object.fromEntries(
    Object.entries(service.handlers).map(([method, handler]) => [method, wrap(method, handler)]),
  );
}
