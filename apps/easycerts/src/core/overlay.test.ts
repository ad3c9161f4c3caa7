import assert from 'node:assert/strict';
import { test } from 'node:test';
import { enabledComponents, parseClusterConfig } from '@easycerts/cluster';
import { defaultClusterConfig } from './default-config.ts';
import { plainOverlay, sandboxOverlay } from './overlay.ts';

const image = (name: string) => ({ ref: `localhost/easycerts/${name}:1`, archive: `/home/me/.cache/${name}.tar` });
const sandbox = sandboxOverlay({
  sandboxAddress: '10.231.0.2',
  hostName: 'easycerts',
  images: { pause: image('pause'), coredns: image('coredns') },
});
const plain = plainOverlay({ binDir: '/home/me/bin', easycertsCommand: ['/home/me/node', '/home/me/main.ts'] });

test('the default configuration is valid by itself', () => {
  const config = parseClusterConfig(defaultClusterConfig, 'cluster.yaml');
  assert.deepEqual(config.roles, ['master', 'node']);
  assert.equal(config.masterAddress, 'localhost');
});

test('in the sandbox everything runs, at the sandbox’s address, from the sandbox’s paths', () => {
  const config = parseClusterConfig(defaultClusterConfig, 'cluster.yaml', { overlay: sandbox });
  assert.equal(enabledComponents(config).length, 9);
  assert.equal(config.apiserverAddress, 'https://10.231.0.2:6443');
  assert.equal(config.kubelet.nodeIp, '10.231.0.2');
  assert.equal(config.binDir, '/opt/easycerts/bin');
  assert.match(config.kubelet.sandboxImage, /pause/);
});

test('without root only the control plane runs, on loopback', () => {
  const config = parseClusterConfig(defaultClusterConfig, 'cluster.yaml', { overlay: plain });
  assert.deepEqual(enabledComponents(config), ['etcd', 'apiserver', 'controllerManager', 'scheduler', 'addonManager']);
  assert.equal(config.apiserver.bindAddress, '127.0.0.1');
  assert.equal(config.apiserverAddress, 'https://127.0.0.1:6443');
});

test('what the user says counts more', () => {
  const text = `${defaultClusterConfig}\naddons: {dns: {replicas: 3}}\nbinDir: /usr/bin\n`;
  const config = parseClusterConfig(text, 'cluster.yaml', { overlay: sandbox });
  assert.equal(config.addons.dns.replicas, 3);
  assert.equal(config.binDir, '/usr/bin');
  assert.equal(config.addons.dns.image, 'localhost/easycerts/coredns:1');
});
