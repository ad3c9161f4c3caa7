/**
 * Our CA as a process of its own, for benchmarks: `ca init`, a real nats-server with production's configuration, the service
 * with its log in a file. Forked with a {@link CaWish} as JSON; sends a {@link CaReport} when it signs, ends when told to.
 */

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { hostRecordKey, parseClusterConfig } from '@easycerts/cluster';
import { CfsslKeysService } from '@easycerts/contracts';
import { type Bus, connectBus, connectGrpcService, createLogger, readBusKeys, systemClock } from '@easycerts/runtime';
import { encodeRegisteredHost } from '../../apps/ca/src/core/registered-host.ts';
import { busKeysDirectory } from '../../apps/ca/src/edge/guard-bus.ts';
import { startCertificateAuthority } from '../../apps/ca/src/start-ca.ts';
import { master, node } from '../../apps/ca/test/fixture.ts';
import { startSite } from '../../apps/ca/test/running-ca.ts';
import type { CaReport, CaWish } from './ca-report.ts';
import { manyHosts, profilesOf } from './many-hosts.ts';

const wish = JSON.parse(process.argv[2] ?? '{}') as CaWish;
const listen = { address: '127.0.0.1', port: 0 };
const unlimited = { burst: 1e9, perSecond: 1e9 };
const others = manyHosts(wish.hosts ?? 0);
/** `sign` asks for no key only where a profile says so; `authsign` is for the other profile. */
const config = parseClusterConfig(
  JSON.stringify({
    roles: ['master', 'node'],
    masterAddress: 'localhost',
    pki: {
      cfssl: {
        enable: true,
        profiles: { default: wish.isOpen ? { unauthenticatedHost: node.name } : {}, ...profilesOf(others) },
      },
    },
  }),
  'bench',
);

const site = await startSite();
const { paths, server } = site;
const log = createWriteStream(join(paths.state, 'bench.log'));
const logger = createLogger({ service: 'ca', destination: log });
const bus = await connectBus({
  servers: server.servers,
  identityDirectory: paths.caIdentity,
  userSeed: (await readBusKeys(busKeysDirectory(paths))).bootUser.seed,
  origin: { host: master.name, service: 'ca' },
  clock: systemClock,
  logger,
});
const ca = await startCertificateAuthority(
  { clock: systemClock, logger, random: Math.random, events: bus.events, bus: wish.hasLedger ? bus : forgetful(bus) },
  {
    grpc: listen,
    https: listen,
    enrol: listen,
    cfssl: { ...listen, ...(wish.isPlain ? { identityDirectory: undefined } : {}) },
    busServers: server.servers,
    paths,
    source: { load: async () => ({ config, ownHost: master }) },
    limits: { sign: unlimited, read: unlimited },
  },
);
await ca.ready;
const hosts = await bus.bucket('hosts');
for (const record of [node, ...others]) {
  await hosts.put(hostRecordKey(record.name), encodeRegisteredHost({ record, isRevoked: false }));
}
const report: CaReport = {
  cfsslPort: ca.cfsslPort,
  grpcPort: ca.grpcPort,
  httpsPort: ca.httpsPort,
  pids: [process.pid, server.pid() ?? 0],
  key: wish.isOpen ? '' : await createKey(),
  nodeIdentity: await site.identity(node.name, 'node'),
  masterIdentity: paths.hostIdentity,
};
process.send?.(report);
await once(process, 'message');
await ca.close();
await bus.close();
await site.close();
process.disconnect?.();

async function createKey(): Promise<string> {
  const client = connectGrpcService(CfsslKeysService, {
    endpoint: `localhost:${ca.grpcPort}`,
    identityDirectory: paths.hostIdentity,
  });
  const { key } = await client.createCfsslKey({ host: node.name, profile: '', registerHost: false, addresses: [] });
  client.close();
  return key;
}

/** A bus whose streams take everything and keep nothing: to see what the ledger costs. */
function forgetful(real: Bus): Bus {
  let sequence = 0;
  const stream = async () => ({
    append: async () => ++sequence,
    async *read() {},
  });
  return { ...real, stream };
}
