/** Certificates a second by gRPC, one call each as certmgr makes it or all on one call, against our own HTTP path. */

import { randomUUID } from 'node:crypto';
import { BulkSigningService, type SignRequest } from '@easycerts/contracts';
import { connectCertificateAuthority, connectGrpcService } from '@easycerts/runtime';
import { node, specOf } from '../../../apps/ca/test/fixture.ts';
import { manyCsrs } from '../../issuing/many-csrs.ts';
import { runRawLoad } from '../../issuing/raw-load.ts';
import { type Result, spreadOf } from '../result.ts';
import { bodyMaker, forkOurs, stopOurs } from './sides.ts';

const atOnce = 64;
const count = 10_000;

type SignAll = (port: number, identityDirectory: string, csrs: readonly Uint8Array[]) => Promise<number>;

export const grpcUnary = (rounds: number, say: (line: string) => void): Promise<Result> =>
  compareWithHttp(rounds, say, {
    name: 'grpc-sign-unary-vs-http',
    what: `certificates by \`Sign\` over mutual TLS, ${atOnce} calls at once, the client in Node.js; theirs: our \`sign\` over HTTP`,
    goal: 'reported',
    signAll,
  });

export const grpcStreamed = (rounds: number, say: (line: string) => void): Promise<Result> =>
  compareWithHttp(rounds, say, {
    name: 'grpc-sign-streamed-vs-http',
    what: 'certificates by `SignStream` over mutual TLS, one call, the client in Node.js; theirs: our `sign` over HTTP',
    goal: '≥ 0.8',
    signAll: streamAll,
  });

async function compareWithHttp(
  rounds: number,
  say: (line: string) => void,
  { signAll: sign, ...row }: Pick<Result, 'name' | 'what' | 'goal'> & { readonly signAll: SignAll },
): Promise<Result> {
  const csrs = await manyCsrs(specOf(node, 'kubelet'), 4 * count);
  const byGrpc: number[] = [];
  const byHttp: number[] = [];
  const bodyOf = bodyMaker('');
  for (let round = 1; round <= rounds; round++) {
    const { child, report } = await forkOurs({ isPlain: true, isOpen: true, hasLedger: true });
    try {
      const part = (index: number) => csrs.slice(index * count, (index + 1) * count);
      const http = async (all: readonly Uint8Array[]): Promise<number> => {
        const rest = all.values();
        const next = (): string | undefined => {
          const csr = rest.next().value;
          if (csr === undefined) return undefined;
          const body = bodyOf(csr);
          return `POST /api/v1/cfssl/sign HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
        };
        const load = { port: report.cfsslPort, tls: undefined, connections: atOnce, seconds: 600, next };
        return (await runRawLoad(load)).perSecond;
      };
      const grpc = (all: readonly Uint8Array[]): Promise<number> => sign(report.grpcPort, report.nodeIdentity, all);
      await http(part(0));
      await grpc(part(1));
      byHttp.push(await http(part(2)));
      byGrpc.push(await grpc(part(3)));
    } finally {
      await stopOurs(child);
    }
    say(`  round ${round}: gRPC ${byGrpc.at(-1)?.toFixed(0)}/s, HTTP ${byHttp.at(-1)?.toFixed(0)}/s`);
  }
  const [mine, other] = [spreadOf(byGrpc), spreadOf(byHttp)];
  return {
    ...row,
    ours: mine,
    theirs: other,
    ratio: mine.median / other.median,
    unit: '/s',
  };
}

async function signAll(port: number, identityDirectory: string, csrs: readonly Uint8Array[]): Promise<number> {
  const client = connectCertificateAuthority({ endpoint: `localhost:${port}`, identityDirectory });
  const rest = csrs.values();
  const startedMs = performance.now();
  const work = async (): Promise<void> => {
    for (const csrDer of rest) await client.sign(requestOf(csrDer));
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  client.close();
  return csrs.length / ((performance.now() - startedMs) / 1_000);
}

async function streamAll(port: number, identityDirectory: string, csrs: readonly Uint8Array[]): Promise<number> {
  const client = connectGrpcService(BulkSigningService, {
    endpoint: `localhost:${port}`,
    identityDirectory,
    callTimeoutMs: 300_000,
  });
  const startedMs = performance.now();
  let answers = 0;
  for await (const { certificate, error } of client.signStream(csrs.map((csr) => ({ request: requestOf(csr) })))) {
    if (certificate === undefined) throw new Error(`refused: ${error?.message}`);
    answers += 1;
  }
  client.close();
  if (answers !== csrs.length) throw new Error(`${answers} answers to ${csrs.length} requests`);
  return answers / ((performance.now() - startedMs) / 1_000);
}

function requestOf(csrDer: Uint8Array): SignRequest {
  return { name: 'kubelet', csrDer, requestId: randomUUID(), requestedAtMs: Date.now(), reason: 'missing' };
}
