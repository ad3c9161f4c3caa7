/**
 * The API of cfssl (`cfssl serve`), as its clients and certmgr know it: paths, verbs, envelope, codes and texts. Less is served
 * than cfssl does, and nothing for which a host of the register does not answer: docs/cfssl.md.
 */

import type { KeyObject } from 'node:crypto';
import { createServer as createPlainServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { isAppError } from '@easycerts/core';
import {
  closeServer,
  listenOn,
  type RunningService,
  readTlsIdentity,
  secureContextOptionsOf,
  watchTlsIdentity,
} from '@easycerts/runtime';
import { asCfsslError, type CfsslError, httpError } from '../../core/cfssl/cfssl-error.ts';
import { errorBody, successBody } from '../../core/cfssl/envelope.ts';
import { createFailureThrottle, type FailureLimits } from '../../core/failure-throttle.ts';
import type { CallEnvironment } from '../call-environment.ts';
import { createAuthenticate } from './authenticate.ts';
import { createAuthsign } from './authsign.ts';
import { createBundle, createCertinfo } from './certinfo.ts';
import { createCrlEndpoint } from './crl.ts';
import type { CfsslEndpoint } from './endpoint.ts';
import { createFailureLog } from './failure-log.ts';
import { createGencrl } from './gencrl.ts';
import { createInfo } from './info.ts';
import { createKeyring } from './keyring.ts';
import { createNewkey } from './newkey.ts';
import { createOcspsign } from './ocspsign.ts';
import { readBody } from './read-body.ts';
import { createRevoke } from './revoke.ts';
import { createUnauthenticatedSign } from './sign.ts';

export interface CfsslApiOptions {
  readonly address: string;
  /** 0: any free port. */
  readonly port: number;
  /** Certificate set of the server; undefined: plain HTTP, which only the benchmarks use. */
  readonly identityDirectory: string | undefined;
  /** The set that serves until certmgr has delivered the other one for the first time. */
  readonly firstIdentityDirectory?: string;
  /** From which the keys follow, see loadMasterSecret. */
  readonly secret: KeyObject;
  /** Wrong tokens of one address and of all. */
  readonly failures?: FailureLimits;
  /** How long a request may take to arrive. */
  readonly requestTimeoutMs?: number;
}

export interface RunningCfsslApi extends RunningService {
  readonly port: number;
}

/** Keys have 128 bits: the limits spare the CA's work and the audit trail. */
const defaultFailures: FailureLimits = {
  source: { burst: 30, perSecond: 0.2 },
  all: { burst: 500, perSecond: 10 },
};

const prefix = '/api/v1/cfssl/';

/** A request is one small body: whoever takes longer is not a well-meaning client. */
const defaultRequestTimeoutMs = 10_000;

function limitsOf({ requestTimeoutMs = defaultRequestTimeoutMs }: CfsslApiOptions) {
  return {
    requestTimeout: requestTimeoutMs,
    headersTimeout: requestTimeoutMs,
    keepAliveTimeout: 60_000,
    maxHeaderSize: 8 * 1024,
    connectionsCheckingInterval: Math.min(1_000, requestTimeoutMs / 2),
  };
}

/** Starts the API. AppError FAILED_PRECONDITION when the port is in use, NOT_FOUND or DAMAGED for its certificate set. */
export async function startCfsslApi(environment: CallEnvironment, options: CfsslApiOptions): Promise<RunningCfsslApi> {
  const endpoints = endpointsOf(environment, options);
  const report = createFailureLog(environment);
  const { server, stopWatching } = await createServerFor(options, environment, (request, response) => {
    void answer(request, response, endpoints).then((error) => {
      if (error !== undefined) report(error, request.url);
    });
  });
  server.maxConnections = 1_024;
  const port = await listenOn(server, options).catch((error: unknown) => {
    stopWatching();
    throw error;
  });
  return {
    port,
    async close() {
      stopWatching();
      await closeServer(server);
    },
  };
}

type Endpoints = Readonly<Record<string, CfsslEndpoint>>;

function endpointsOf(environment: CallEnvironment, options: CfsslApiOptions): Endpoints {
  const keyring = createKeyring(options.secret, () => environment.stores()?.cfsslKeys);
  const failures = createFailureThrottle(options.failures ?? defaultFailures);
  const authenticate = createAuthenticate(environment, keyring, failures);
  return {
    // cfssl is healthy as soon as it answers; here it is when it can sign.
    health: { method: 'GET', answer: () => ({ result: { healthy: environment.stores() !== undefined } }) },
    info: createInfo(environment),
    authsign: createAuthsign(environment, authenticate),
    sign: createUnauthenticatedSign(environment),
    certinfo: createCertinfo(environment),
    bundle: createBundle(environment),
    revoke: createRevoke(environment, authenticate),
    crl: createCrlEndpoint(environment),
    gencrl: createGencrl(environment),
    ocspsign: createOcspsign(environment),
    ...(environment.view.config.pki.cfssl.newkey ? { newkey: createNewkey() } : {}),
  };
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

async function createServerFor(
  options: CfsslApiOptions,
  { logger }: CallEnvironment,
  listener: Listener,
): Promise<{ readonly server: Server; readonly stopWatching: () => void }> {
  const { identityDirectory: directory } = options;
  const limits = limitsOf(options);
  if (directory === undefined) return { server: createPlainServer(limits, listener), stopWatching: () => undefined };
  const { firstIdentityDirectory: first = directory } = options;
  const identity = await readTlsIdentity(directory).catch((error: unknown) => {
    if (isAppError(error, 'NOT_FOUND')) return readTlsIdentity(first);
    throw error;
  });
  const server = createServer({ ...secureContextOptionsOf(identity), ...limits }, listener);
  const stopWatching = watchTlsIdentity({
    directory,
    current: identity,
    logger,
    onChange: (changed) => server.setSecureContext(secureContextOptionsOf(changed)),
  });
  return { server, stopWatching };
}

/** Answers; the error, when that is what the answer was. */
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  endpoints: Endpoints,
): Promise<CfsslError | undefined> {
  const [path = '', query = ''] = (request.url ?? '').split('?', 2);
  const name = path.startsWith(prefix) ? path.slice(prefix.length) : '';
  const endpoint = Object.hasOwn(endpoints, name) ? endpoints[name] : undefined;
  // As Go's ServeMux.
  if (endpoint === undefined) {
    send(response, { status: 404, type: 'text/plain; charset=utf-8', body: '404 page not found\n' });
    return undefined;
  }
  try {
    if (request.method !== endpoint.method) throw httpError(405, `Method is not allowed:"${request.method}"`);
    const body = endpoint.method === 'POST' ? await readBody(request) : '';
    const peer = `${request.socket.remoteAddress ?? ''}:${request.socket.remotePort ?? 0}`;
    const { result, messages } = await endpoint.answer({ body, peer, query: new URLSearchParams(query) });
    send(response, { status: 200, type: 'application/json', body: successBody(result, messages) });
    return undefined;
  } catch (thrown) {
    const error = asCfsslError(thrown);
    send(response, { status: error.status, type: 'text/plain; charset=utf-8', body: errorBody(error) });
    return error;
  }
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

function send(response: ServerResponse, { status, type, body }: Answer): void {
  // What of the request has not been read is not waited for.
  const closing = response.req.complete ? {} : { connection: 'close' };
  const length = Buffer.byteLength(body);
  response.writeHead(status, {
    'content-type': type,
    'content-length': length,
    'x-content-type-options': 'nosniff',
    ...closing,
  });
  response.end(body);
}
