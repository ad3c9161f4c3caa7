import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ableHost } from '../testing/index.ts';
import { parseClusterConfig } from './config/parse-cluster-config.ts';
import type { HostFacts } from './host-facts.ts';
import { cniFolderOf, programPath, proxyModeOf } from './host-programs.ts';

const facts: HostFacts = { ...ableHost, name: 'n1', roles: ['node'], addresses: [] };
const context = (given: Partial<HostFacts>, more = '') => ({
  config: parseClusterConfig(`roles: [master]\nmasterAddress: 192.0.2.1\n${more}`, 'x'),
  host: { ...facts, ...given },
});

const modes: readonly [string, HostFacts['programs'], string, string][] = [
  ['both', { iptables: '/usr/sbin/iptables', nft: '/usr/sbin/nft' }, '', 'iptables'],
  ['only iptables', { iptables: '/usr/sbin/iptables' }, '', 'iptables'],
  ['only nft', { nft: '/usr/sbin/nft' }, '', 'nftables'],
  ['neither', {}, '', 'iptables'],
  ['both, and somebody who wants nftables', { iptables: '/a', nft: '/b' }, 'proxy: {mode: nftables}', 'nftables'],
  ['only nft, and somebody who wants iptables', { nft: '/b' }, 'proxy: {mode: iptables}', 'iptables'],
];
for (const [what, programs, more, mode] of modes) {
  test(`a host with ${what} makes Services with ${mode}`, () => {
    assert.equal(proxyModeOf(context({ programs }, more)), mode);
  });
}

test('programs are used where they were found, and named where they should be', () => {
  assert.equal(programPath(context({ programs: { runc: '/usr/sbin/runc' } }), 'runc'), '/usr/sbin/runc');
  assert.equal(programPath(context({}, 'binDir: /opt/k8s'), 'runc'), '/opt/k8s/runc');
});

test('CNI plugins are where somebody said, or were found, or upstream puts them', () => {
  assert.equal(cniFolderOf(context({ cniFolder: '/usr/lib/cni' }, 'kubelet: {cni: {binDir: /opt/mine}}')), '/opt/mine');
  assert.equal(cniFolderOf(context({ cniFolder: '/usr/lib/cni' })), '/usr/lib/cni');
  assert.equal(cniFolderOf(context({})), '/opt/cni/bin');
});
