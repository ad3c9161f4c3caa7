/** A certificate of the user's own on n1: a service of Debian's systemd serves it, and the new one after a renewal. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { eventually } from '../../src/eventually.ts';
import { listIssued } from '../../src/issued.ts';
import { step } from '../../src/step.ts';
import { cluster, events, nodesReady } from './cluster.ts';

const clusterYaml = '/etc/easycerts/cluster.yaml';
const set = '/var/lib/easycerts/certificates/web';
const limitMs = 240_000;
const n1 = () => cluster.host('n1');

/** openssl reads its files when it starts, as a registry does. */
const unit = `[Service]
ExecStart=/usr/bin/openssl s_server -accept 8443 -cert ${set}/tls.crt -key ${set}/tls.key -quiet
`;
const entry = `certificates:
  web: { names: [web.example.org, '{hostname}', '{addresses}'], hosts: [n1], unit: web.service, action: restart }
`;

async function write(host: string, path: string, input: string): Promise<void> {
  await cluster.host(host).mustExec(['sh', '-c', `cat > ${path}.new; mv ${path}.new ${path}`], { input });
}

/** Serial number of what n1 serves on its port, as a client on the master sees it that trusts the set's CA. */
async function served(): Promise<string> {
  const ca = await n1().mustExec(['cat', `${set}/ca.crt`]);
  await write('m1', '/tmp/services-ca.crt', ca);
  const connect = 'openssl s_client -connect n1:8443 -verify_return_error -verify_hostname web.example.org';
  const script = `${connect} -CAfile /tmp/services-ca.crt < /dev/null 2>/dev/null | openssl x509 -noout -serial`;
  return serialIn(await cluster.mustExec(['sh', '-c', script]));
}

async function onDisk(): Promise<string> {
  return serialIn(await n1().mustExec(['openssl', 'x509', '-noout', '-serial', '-in', `${set}/tls.crt`]));
}

const serialIn = (text: string): string =>
  text
    .trim()
    .replace(/^serial=0*/, '')
    .toLowerCase();

step('a certificate of the user’s own', cluster, () => {
  after(async () => {
    await n1().exec(['systemctl', 'stop', 'web.service']);
    await n1().exec(['rm', '-f', '/etc/systemd/system/web.service']);
  });

  test('it comes to the host that cluster.yaml names, and to no other', async () => {
    await nodesReady(cluster.hosts);
    await write('m1', clusterYaml, (await cluster.mustExec(['cat', clusterYaml])) + entry);
    await eventually('the set on n1', async () => (await n1().exec(['test', '-e', `${set}/tls.key`])).code === 0, {
      timeoutMs: limitMs,
    });
    const issued = (await listIssued(cluster)).filter(({ name }) => name === 'web');
    assert.deepEqual(
      issued.map(({ host, authority }) => [host, authority]),
      [['n1', 'services']],
    );
    for (const name of ['m1', 'n2']) {
      assert.notEqual((await cluster.host(name).exec(['test', '-e', set])).code, 0, name);
    }
  });

  test('its service, which did not run, was not started; started, it serves it', async () => {
    await write('n1', '/etc/systemd/system/web.service', unit);
    await n1().mustExec(['systemctl', 'daemon-reload']);
    assert.equal((await n1().exec(['systemctl', 'is-active', 'web.service'])).stdout.trim(), 'inactive');
    await n1().mustExec(['systemctl', 'start', 'web.service']);
    await eventually('the certificate', async () => (await served()) === (await onDisk()));
  });

  test('renewed, the service is restarted, serves the new one, and that is an event', async () => {
    const before = await onDisk();
    await n1().mustExec(['certmgr', 'ensure', '--force', 'web']);
    assert.notEqual(await onDisk(), before);
    await eventually('the new certificate', async () => (await served()) === (await onDisk()), { timeoutMs: 60_000 });
    await eventually('the event', async () =>
      (await events()).some(({ type, data }) => type === 'easycerts.component.restarted' && data.component === 'web'),
    );
  });

  test('a service that was stopped stays so', async () => {
    await n1().mustExec(['systemctl', 'stop', 'web.service']);
    await n1().mustExec(['certmgr', 'ensure', '--force', 'web']);
    await eventually('joiner to have seen it', async () =>
      /^web +not-running/m.test((await n1().exec(['joiner', 'status'])).stdout),
    );
    assert.equal((await n1().exec(['systemctl', 'is-active', 'web.service'])).stdout.trim(), 'inactive');
  });
});
