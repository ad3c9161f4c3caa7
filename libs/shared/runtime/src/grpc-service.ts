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

/** The same of a method with many requests and many answers. */
export interface StreamMethod<Request, Response>
  extends Omit<UnaryMethod<Request, Response>, 'requestStream' | 'responseStream'> {
  readonly requestStream: true;
  readonly responseStream: true;
}

/** What a handler knows besides the request when anybody may call. */
export interface OpenCallContext {
  /** Address of the other side, for the audit trail. */
  readonly peer: string;
  /** Aborted when the caller has gone or the time limit has passed. */
  readonly signal: AbortSignal;
}

/** What a handler knows besides the request. */
export interface CallContext extends OpenCallContext {
  readonly caller: Caller;
}

/** One handler for each method of a service. */
export type Handlers<Definition, Context = CallContext> = {
  readonly [Method in keyof Definition]: Definition[Method] extends StreamMethod<infer Request, infer Response>
    ? (requests: AsyncIterable<Request>, context: Context) => AsyncIterable<Response>
    : Definition[Method] extends UnaryMethod<infer Request, infer Response>
      ? (request: Request, context: Context) => Promise<Response>
      : never;
};

/** The same for a service all of whose methods have one request and one answer. */
export type UnaryHandlers<Definition> = {
  readonly [Method in keyof Definition]: Definition[Method] extends UnaryMethod<infer Request, infer Response>
    ? (request: Request, context: CallContext) => Promise<Response>
    : never;
};

/** One function for each method of a service, as its client sees it. */
export type Calls<Definition> = {
  readonly [Method in keyof Definition]: Definition[Method] extends StreamMethod<infer Request, infer Response>
    ? (requests: Iterable<Request> | AsyncIterable<Request>, options?: CallOptions) => AsyncIterable<Response>
    : Definition[Method] extends UnaryMethod<infer Request, infer Response>
      ? (request: Request, options?: CallOptions) => Promise<Response>
      : never;
};

export interface CallOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

interface ServiceFor<Context> {
  readonly definition: Readonly<Record<string, UnaryMethod<unknown, unknown> | StreamMethod<unknown, unknown>>>;
  readonly handlers: Readonly<Record<string, UnaryHandler<Context> | StreamHandler<Context>>>;
}

export type UnaryHandler<Context> = (request: unknown, context: Context) => Promise<unknown>;
export type StreamHandler<Context> = (requests: AsyncIterable<unknown>, context: Context) => AsyncIterable<unknown>;

/** A service for hosts: made by {@link serviceOf}, which has checked the types. */
export type GrpcService = ServiceFor<CallContext> & { readonly clients: 'hosts' };
/** A service that anybody may call: made by {@link openServiceOf}. Never to be served with one for hosts. */
export type OpenGrpcService = ServiceFor<OpenCallContext> & { readonly clients: 'anybody' };

/** Couples a generated service definition (`CertificateAuthorityService`) with its handlers. */
export function serviceOf<Definition extends object>(
  definition: Definition,
  handlers: Handlers<Definition>,
): GrpcService {
  return { clients: 'hosts', definition, handlers } as unknown as GrpcService;
}

/** Couples a generated service definition with handlers that do not know who calls. */
export function openServiceOf<Definition extends object>(
  definition: Definition,
  handlers: Handlers<Definition, OpenCallContext>,
): OpenGrpcService {
  return { clients: 'anybody', definition, handlers } as unknown as OpenGrpcService;
}

type Implementation = UntypedServiceImplementation[string];

/** How methods of both kinds become what grpc-js wants. */
export interface Wrapping<Context> {
  readonly unary: (handler: UnaryHandler<Context>) => Implementation;
  readonly stream: (handler: StreamHandler<Context>) => Implementation;
}

/** The implementation that grpc-js wants, each method wrapped. */
export function implementationOf<Context>(
  { definition, handlers }: ServiceFor<Context>,
  { unary, stream }: Wrapping<Context>,
): UntypedServiceImplementation {
  const wrapped = Object.entries(handlers).map(([method, handler]) => [
    method,
    // serviceOf has seen that the handler is one for its method.
    definition[method]?.requestStream === true
      ? stream(handler as StreamHandler<Context>)
      : unary(handler as UnaryHandler<Context>),
  ]);
  return Object.fromEntries(wrapped);
}
