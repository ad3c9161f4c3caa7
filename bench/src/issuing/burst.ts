/** Every certificate of ten thousand hosts issued anew at once, against the rate that the same CA reaches for one host. */

import { parseClusterConfig } from '@easycerts/cluster';
import { encodePem } from '@easycerts/pki';
import { node, specOf } from '../../../apps/ca/test/fixture.ts';
import { manyCsrs } from '../../issuing/many-csrs.ts';
import { manyHosts, requestsOf } from '../../issuing/many-hosts.ts';
import { runRawLoad } from '../../issuing/raw-load.ts';
import { type Result, spreadOf } from '../result.ts';
import { forkOurs, stopOurs } from './sides.ts';

const hostCount = 10_000;
const connections = 64;
/** Enough that V8 has compiled everything, and for a rate. */
const peakCount = 15_000;
const longestS = 600;

export async function burst(rounds: number, say: (line: string) => void): Promise<Result> {
  const config = parseClusterConfig('roles: [master, node]\nmasterAddress: localhost\n', 'bench');
  const hosts = manyHosts(hostCount);
  const wanted = requestsOf(hosts, config).map(({ csrDer, profile }) => httpRequest(csrDer, profile));
  const model = await manyCsrs(specOf(node, 'kubelet'), 2 * peakCount);
  const alone = model.map((csr) => httpRequest(csr, 'default'));
  const reached: number[] = [];
  const peaks: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    const { child, report } = await forkOurs({ isPlain: true, isOpen: true, hasLedger: true, hosts: hostCount });
    try {
      const load = async (requests: readonly string[]): Promise<number> => {
        const rest = requests.values();
        const next = (): string | undefined => rest.next().value;
        const port = report.cfsslPort;
        const done = await runRawLoad({ port, tls: undefined, connections, seconds: longestS, next });
        if (done.requests !== requests.length)
          throw new Error(`${done.requests} answers to ${requests.length} requests`);
        return done.perSecond;
      };
      await load(alone.slice(0, peakCount));
      peaks.push(await load(alone.slice(peakCount)));
      reached.push(await load(wanted));
    } finally {
      await stopOurs(child);
    }
    say(`  round ${round}: ${reached.at(-1)?.toFixed(0)}/s, for one host ${peaks.at(-1)?.toFixed(0)}/s`);
  }
  const [mine, peak] = [spreadOf(reached), spreadOf(peaks)];
  return {
    name: 'burst-vs-ideal',
    what: `${hostCount} hosts × ${wanted.length / hostCount} certificates at once over HTTP, none refused or lost; theirs: the same CA for one host`,
    ours: mine,
    theirs: peak,
    ratio: mine.median / peak.median,
    unit: '/s',
    goal: '≥ 0.8',
  };
}

function httpRequest(csrDer: Uint8Array, profile: string): string {
  const body = JSON.stringify({ certificate_request: encodePem('CERTIFICATE REQUEST', csrDer), profile });
  return `POST /api/v1/cfssl/sign HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}
