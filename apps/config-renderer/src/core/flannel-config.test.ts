import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSubnetEnv } from './flannel-config.ts';

test('subnet.env is read when it is whole', () => {
  const whole = 'FLANNEL_NETWORK=10.1.0.0/16\nFLANNEL_SUBNET=10.1.0.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n';
  assert.deepEqual(parseSubnetEnv(whole), { subnet: '10.1.0.1/24', mtu: 1450 });
});

test('a file that is cut or damaged is as if it were not there', () => {
  for (const text of [
    '',
    'FLANNEL_SUBNET=10.1.0.1/24\n',
    'FLANNEL_SUBNET=10.1.0.1/24\nFLANNEL_MTU=14\n',
    'FLANNEL_SUBNET=10.1.0\nFLANNEL_MTU=1450\n',
    'FLANNEL_SUBNET=$(reboot)\nFLANNEL_MTU=1450\n',
    'FLANNEL_MTU=1450; rm\nFLANNEL_SUBNET=10.1.0.1/24\n',
  ]) {
    assert.equal(parseSubnetEnv(text), undefined, text);
  }
});
