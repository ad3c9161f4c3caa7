import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseClusterConfig } from '@easycerts/cluster';
import { defaultClusterConfig } from './default-config.ts';
import { controlPlanePorts } from './ports.ts';

const portsOf = (extra = '') =>
  controlPlanePorts(parseClusterConfig(`${defaultClusterConfig}${extra}`, 'cluster.yaml'));

test('every port of the control plane is there once, with the key that changes it', () => {
  const uses = portsOf();
  assert.deepEqual(
    uses.map(({ port }) => port).toSorted((a, b) => a - b),
    [2379, 2380, 4222, 6443, 7443, 7444, 7445, 10257, 10259],
  );
  assert.equal(uses.find(({ port }) => port === 6443)?.key, 'apiserver.securePort');
});
test('a port that was changed is looked for at its new place', () => {
  assert.ok(portsOf('apiserver: {securePort: 7001}\n').some(({ port }) => port === 7001));
});
test('what does not run needs no port', () => {
  assert.ok(
    !portsOf('etcd: {enable: false}\napiserver: {etcd: {servers: ["https://etcd.example:2379"]}}\n').some(
      ({ component }) => component === 'etcd',
    ),
  );
});
