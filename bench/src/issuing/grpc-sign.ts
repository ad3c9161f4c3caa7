/** Certificates a second by gRPC, one call each as certmgr makes it, against our own HTTP path. */

import { randomUUID } from 'node:crypto';
import { connectCertificateAuthority } from '@easycerts/runtime';
import { node, specOf } from '../../../apps/ca/test/fixture.ts';
import { manyCsrs } from '../../issuing/many-csrs.ts';
import { runRawLoad } from '../../issuing/raw-load.ts';
import { type Result, spreadOf } from '../result.ts';
import { bodyMaker, forkOurs, stopOurs } from './sides.ts';

const atOnce = 64;
const count = 10_000;

export async function grpcSign(rounds: number, say: (line: string) => void): Promise<Result> {
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
      const grpc = (all: readonly Uint8Array[]): Promise<number> => signAll(report.grpcPort, report.nodeIdentity, all);
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
    name: 'grpc-sign-unary-vs-http',
    what: `certificates by \`Sign\` over mutual TLS, ${atOnce} calls at once, the client in Node.js; theirs: our \`sign\` over HTTP`,
    ours: mine,
    theirs: other,
    ratio: mine.median / other.median,
    unit: '/s',
    goal: 'reported',
  };
}

async function signAll(port: number, identityDirectory: string, csrs: readonly Uint8Array[]): Promise<number> {
  const client = connectCertificateAuthority({ endpoint: `localhost:${port}`, identityDirectory });
  const rest = csrs.values();
  const startedMs = performance.now();
  const work = async (): Promise<void> => {
    for (const csrDer of rest) {
      const fresh = { requestId: randomUUID(), requestedAtMs: Date.now() };
      await client.sign({ name: 'kubelet', csrDer, reason: 'missing', ...fresh });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  client.close();
  return csrs.length / ((performance.now() - startedMs) / 1_000);
}
