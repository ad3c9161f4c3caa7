/**
 * Asks a server for its certificate chain and finds the pinned CA in it. The connection is ended before anything is sent on
 * it; whoever trusts the CA that was found makes another one, with ordinary verification.
 */

import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { AppError, type Clock, secondMs, systemErrorCode } from '@easycerts/core';
import { type CertificateFacts, encodePem } from '@easycerts/pki';
import { hostOfEndpoint, portOfEndpoint } from '../endpoint.ts';
import { checkPinnedChain, pinError } from './pinned-chain.ts';

export interface PinnedAuthorityOptions {
  /** `host:port` or `[address]:port`. */
  readonly endpoint: string;
  /** SHA-256 of the SubjectPublicKeyInfo of the CA, lowercase hexadecimal. */
  readonly pin: string;
  readonly clock: Clock;
  /** For everything, from looking up the name to the end of the handshake; default 5 s. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface PinnedAuthority {
  readonly certificate: CertificateFacts;
  readonly pem: string;
}

const defaultTimeoutMs = 5 * secondMs;

/**
 * The pinned CA. AppError UNAUTHENTICATED (`details.reason` pin or names) or FAILED_PRECONDITION (validity) when it is another
 * server, UNAVAILABLE when there is none that speaks TLS 1.3 within the time, CANCELLED by the signal.
 */
export async function findPinnedAuthority(options: PinnedAuthorityOptions): Promise<PinnedAuthority> {
  const { endpoint, pin, clock } = options;
  const chain = await shownChain(options);
  const checked = checkPinnedChain({ chain, pin, host: hostOfEndpoint(endpoint), at: clock.now() });
  if (checked.kind === 'refused') throw pinError(endpoint, checked.finding);
  return { certificate: checked.authority, pem: encodePem('CERTIFICATE', checked.authority.der) };
}

/** The handshake proves that the server has the key of the first certificate; all else is decided afterwards. */
async function shownChain({ endpoint, timeoutMs, signal }: PinnedAuthorityOptions): Promise<readonly Uint8Array[]> {
  const host = hostOfEndpoint(endpoint);
  const limitMs = timeoutMs ?? defaultTimeoutMs;
  const { promise, resolve, reject } = Promise.withResolvers<readonly Uint8Array[]>();
  const cancel = (): void => reject(new AppError('CANCELLED', `connect to ${endpoint}: cancelled`));
  if (signal?.aborted === true) cancel();
  const socket = connect({
    host,
    port: portOfEndpoint(endpoint),
    // An address is no server name (RFC 6066)
    ...(isIP(host) === 0 ? { servername: host } : {}),
    minVersion: 'TLSv1.3',
    ALPNProtocols: ['h2'],
    // No public CA has a say, and the chain is looked at here: see checkPinnedChain
    ca: [],
    rejectUnauthorized: false,
  });
  const timer = setTimeout(() => reject(unavailable(endpoint, `no answer within ${limitMs} ms`)), limitMs);
  socket.once('secureConnect', () => resolve(chainOf(socket)));
  socket.on('error', (error) => reject(unavailable(endpoint, reasonOf(error), error)));
  socket.once('close', () => reject(unavailable(endpoint, 'it closed the connection')));
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', cancel);
    socket.destroy();
  }
}

/** As it was shown: with getPeerX509Certificate, `issuerCertificate` is the next one. OpenSSL bounds it at 100 KiB. */
function chainOf(socket: TLSSocket): readonly Uint8Array[] {
  const chain: Uint8Array[] = [];
  for (let at = socket.getPeerX509Certificate(); at !== undefined; at = at.issuerCertificate) chain.push(at.raw);
  return chain;
}

/** OpenSSL's reason (`wrong version number`), or the system's (`ECONNREFUSED`). */
function reasonOf(error: Error): string {
  if ('reason' in error && typeof error.reason === 'string') return error.reason;
  return systemErrorCode(error) ?? error.message;
}

function unavailable(endpoint: string, why: string, cause?: unknown): AppError {
  return new AppError('UNAVAILABLE', `reach the CA at ${endpoint}: ${why}`, {
    ...(cause === undefined ? {} : { cause }),
    details: {
      reason: 'unreachable',
      cure: `check that the CA runs on the master and that this host reaches ${endpoint} (name, route, firewall)`,
    },
  });
}
