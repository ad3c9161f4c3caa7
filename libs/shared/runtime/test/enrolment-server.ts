/** Servers that a host may meet when it enrols: the cluster's, and those of somebody in between. */

import { once } from 'node:events';
import { createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { createServer, type TlsOptions } from 'node:tls';
import { EnrolmentService, type EnrolRequest, type EnrolResponse } from '@easycerts/contracts';
import { encodePem, privateKeyToPem } from '@easycerts/pki';
import { type handleUnaryCall, Server, ServerCredentials, type ServiceDefinition } from '@grpc/grpc-js';
import { serviceErrorOf } from '../src/grpc-error.ts';

export interface ShownIdentity {
  /** DER, in the order in which they are shown. */
  readonly chain: readonly Uint8Array[];
  readonly privateKey: Parameters<typeof privateKeyToPem>[0];
}

export interface TestEnrolmentServer {
  readonly port: number;
  readonly requests: readonly EnrolRequest[];
  close(): void;
}

/** Serves Enrol over real gRPC and TLS, where only the server shows a certificate. */
export async function startEnrolmentServer(
  identity: ShownIdentity,
  answer: (request: EnrolRequest) => Promise<EnrolResponse>,
): Promise<TestEnrolmentServer> {
  const requests: EnrolRequest[] = [];
  const server = new Server();
  const enrol: handleUnaryCall<EnrolRequest, EnrolResponse> = ({ request }, respond) => {
    requests.push(request);
    answer(request).then(
      (response) => respond(null, response),
      (error: unknown) => respond(serviceErrorOf(error)),
    );
  };
  server.addService(EnrolmentService as unknown as ServiceDefinition, { enrol });
  const pair = { cert_chain: Buffer.from(chainPem(identity)), private_key: Buffer.from(keyPem(identity)) };
  const credentials = ServerCredentials.createSsl(null, [pair], false);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error === null ? resolve(bound) : reject(error)));
  });
  return { port, requests, close: () => server.forceShutdown() };
}

export interface HostileServer {
  readonly port: number;
  /** Connections made to it, and bytes that came over TLS after the handshake. */
  connections: number;
  received: Buffer;
  close(): Promise<void>;
}

/** A TLS server of somebody else: it takes whatever comes and keeps it. */
export async function startHostileServer(identity: ShownIdentity, more: TlsOptions = {}): Promise<HostileServer> {
  const server = createServer({
    cert: chainPem(identity),
    key: keyPem(identity),
    ALPNProtocols: ['h2'],
    ...more,
  });
  const hostile = watched(server);
  server.on('secureConnection', (socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (data: Buffer) => {
      hostile.received = Buffer.concat([hostile.received, data]);
    });
  });
  return listening(server, hostile);
}

/** A server without TLS: what it does with a connection is the caller's affair. */
export async function startRawServer(onConnection: (socket: Socket) => void): Promise<HostileServer> {
  const server = createTcpServer();
  const hostile = watched(server);
  server.on('connection', onConnection);
  return listening(server, hostile);
}

type Watched = { -readonly [Key in keyof HostileServer]: HostileServer[Key] };

function watched(server: TcpServer): Watched {
  const sockets = new Set<Socket>();
  const hostile: Watched = {
    port: 0,
    connections: 0,
    received: Buffer.alloc(0),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  server.on('connection', (socket: Socket) => {
    hostile.connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  server.on('tlsClientError', () => undefined);
  return hostile;
}

async function listening(server: TcpServer, hostile: Watched): Promise<HostileServer> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  hostile.port = typeof address === 'object' && address !== null ? address.port : 0;
  return hostile;
}

const chainPem = ({ chain }: ShownIdentity): string => chain.map((der) => encodePem('CERTIFICATE', der)).join('');
const keyPem = ({ privateKey }: ShownIdentity): string => privateKeyToPem(privateKey);
