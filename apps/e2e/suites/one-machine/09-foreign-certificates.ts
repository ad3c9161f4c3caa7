/** Components enabled by hand, with certificates from elsewhere: the same cluster without our CA. */

import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { cluster } from '../../src/cluster.ts';
import { eventually } from '../../src/eventually.ts';
import { makeAuthority, makeKeyPair, makeLeaf } from '../../src/foreign-pki.ts';
import { insideProcesses } from '../../src/inside-processes.ts';
import { busybox, dataDirectory } from '../../src/place.ts';
import { step } from '../../src/step.ts';
import { busyboxPod, place } from './cluster.ts';
import { foreignConfig, foreignFolder, foreignLeaves } from './foreign-config.ts';

const foreign = cluster('foreign-certificates');
const configFile = `${dataDirectory('foreign-certificates')}.yaml`;
/** kubectl inside: the API server's certificate of this test knows loopback only. */
const kubectl = (...words: readonly string[]) =>
  foreign.exec(['kubectl', '--kubeconfig', `${foreignFolder}/admin.kubeconfig`, ...words]);

step('certificates from elsewhere', foreign, () => {
  after(() => foreign.reset());

  test('somebody makes them with openssl', async () => {
    const folder = foreign.file(foreignFolder);
    for (const authority of ['kubernetes-ca', 'etcd-ca', 'front-proxy-ca']) await makeAuthority(folder, authority);
    for (const { authority, ...leaf } of foreignLeaves(place().node)) await makeLeaf(folder, authority, leaf);
    await makeKeyPair(folder, 'service-account');
    // The unprivileged users of the components read them; a real installation would give each its own.
    chmodSync(folder, 0o755);
    for (const name of readdirSync(folder)) chmodSync(join(folder, name), name.endsWith('-ca.key') ? 0o600 : 0o644);
    writeFileSync(join(folder, 'admin.kubeconfig'), adminKubeconfig());
    mkdirSync(foreign.data, { recursive: true });
    writeFileSync(join(foreign.data, '.easycerts-data'), 'made by the end-to-end tests\n');
    writeFileSync(configFile, foreignConfig());
  });

  test('the cluster starts with them', async () => {
    await foreign.start('--config', configFile);
    await eventually('the node', async () => {
      const { code, stdout } = await kubectl(
        'get',
        'nodes',
        '-o',
        'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}',
      );
      return code === 0 && stdout === 'True';
    });
  });

  test('a pod runs, and logs and exec work', async () => {
    await foreign.mustExec(['ctr', '--namespace', 'k8s.io', 'images', 'import', '-'], { inputFile: busybox().archive });
    const manifest = JSON.stringify(busyboxPod('client', busybox().ref, 'echo here; sleep 86400'));
    const applied = await foreign.exec(
      ['kubectl', '--kubeconfig', `${foreignFolder}/admin.kubeconfig`, 'apply', '-f', '-'],
      { input: manifest },
    );
    assert.equal(applied.code, 0, applied.stderr);
    const waited = await kubectl('wait', '--for=condition=Ready', 'pod/client', '--timeout=90s');
    assert.equal(waited.code, 0, waited.stderr);
    assert.equal((await kubectl('logs', 'client')).stdout, 'here\n');
    assert.equal((await kubectl('exec', 'client', '--', 'echo', 'there')).stdout, 'there\n');
  });

  test('there is no CA, no bus and no certificate manager, and no certificate of ours', () => {
    const lines = insideProcesses(foreign).map(({ commandLine }) => commandLine);
    assert.deepEqual(
      lines.filter((line) => /nats-server|main\.ts (ca|certmgr) run/.test(line)),
      [],
    );
    assert.equal(existsSync(foreign.file('/var/lib/easycerts/ca')), false);
    const secrets = foreign.file('/var/lib/kubernetes/secrets');
    assert.deepEqual(existsSync(secrets) ? readdirSync(secrets) : [], []);
  });
});

function adminKubeconfig(): string {
  const file = (name: string): string => `${foreignFolder}/${name}`;
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'c', cluster: { server: 'https://localhost:6443', 'certificate-authority': file('kubernetes-ca.crt') } },
    ],
    users: [{ name: 'u', user: { 'client-certificate': file('admin.crt'), 'client-key': file('admin.key') } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  });
}
