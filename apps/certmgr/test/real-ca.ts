/** The test CA behind real gRPC with mutual TLS, and a host with an identity and a cluster.yaml that leads to it. */

import { mkdir, writeFile } from 'node:fs/promises';
import type { TestContext } from 'node:test';
import type { CertificateSpec } from '@easycerts/cluster';
import type { RunningGrpcServer } from '@easycerts/runtime';
import { freePort } from '@easycerts/testing';
import { createTestHost, type TestHost } from './test-host.ts';

export interface RealHost extends TestHost {
  readonly endpoint: string;
  /** The host's own identity, as the certificate list has it. */
  readonly identity: CertificateSpec;
  startCa(): Promise<void>;
  stopCa(): Promise<void>;
}

/** A host at the time of the machine, whose CA listens on 127.0.0.1. */
export async function createRealHost(test: Pick<TestContext, 'after'>): Promise<RealHost> {
  const host = await createTestHost(test, new Date().toISOString());
  const { paths } = host;
  const identity = host.spec('host', {
    authority: 'easycerts',
    subject: { commonName: 'n1', organizations: ['easycerts:masters'] },
    alternativeNames: { dns: [], ip: [] },
    directory: paths.hostIdentity,
  });
  const server = host.spec('ca-server', {
    authority: 'easycerts',
    alternativeNames: { dns: ['localhost'], ip: ['127.0.0.1'] },
    usages: ['server auth'],
    directory: paths.caIdentity,
  });
  await host.deliver(identity);
  await host.deliver(server);
  const port = await freePort();
  await mkdir(`${paths.root}/etc/easycerts`, { recursive: true });
  const config = [
    'roles: [master, node]',
    'masterAddress: localhost',
    'kubelet: {hostname: n1}',
    `pki: {grpcPort: ${port}}`,
    `bus: {port: ${await freePort()}}`,
  ];
  await writeFile(paths.clusterFile, `${config.join('\n')}\n`);
  let running: RunningGrpcServer | undefined;
  const stopCa = async (): Promise<void> => {
    await running?.close();
    running = undefined;
  };
  test.after(stopCa);
  return Object.assign(host, {
    endpoint: `127.0.0.1:${port}`,
    identity,
    startCa: async () => {
      running = await host.ca.listen(paths.caIdentity, port);
    },
    stopCa,
  });
}
