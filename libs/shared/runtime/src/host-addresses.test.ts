import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { NetworkInterfaceInfo } from 'node:os';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { type AddressFacts, lastingAddresses, readAddressFacts } from './host-addresses.ts';

const base = mkdtempSync(join(tmpdir(), 'host-addresses-'));
after(() => rmSync(base, { recursive: true, force: true }));

// As Linux prints them: eth1 has the default route, docker0 and eth2 have no carrier, kube-ipvs0 is down and has a service's address.
const route = [
  'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
  'eth1\t00000000\t016433C6\t0003\t0\t0\t0\t00000000\t0\t0\t0',
  'eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
  'eth1\t006433C6\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
  'eth2\t007100CB\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
  'eth0\t0000CBCB\t010200C0\t0003\t0\t0\t0\t0000FFFF\t0\t0\t0',
  'docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0',
].join('\n');
const leaves = ['127.0.0.1', '192.0.2.1', '198.51.100.1', '203.0.113.9', '172.17.0.1', '10.96.0.1', '203.203.0.4'];
const fibTrie = [
  'Main:',
  '  +-- 0.0.0.0/0 3 0 5',
  '     |-- 203.0.113.200',
  '        /32 host LOCAL',
  'Local:',
  '  +-- 127.0.0.0/8 2 0 2',
  '     |-- 127.0.0.0',
  '        /8 host LOCAL',
  ...leaves.flatMap((leaf) => [`     |-- ${leaf}`, '        /32 link UNICAST', '        /32 host LOCAL']),
  '     |-- 203.0.113.255',
  '        /32 link BROADCAST',
  'Id 100:',
  '     |-- 203.0.113.100',
  '        /32 host LOCAL',
].join('\n');
const ifInet6 = [
  '20010db8000000000000000000000bad 02 40 00 01     eth1',
  '20010db8000000000000000000000007 02 40 00 80     eth1',
  '20010db8000000020000000000000008 03 40 00 80     eth2',
  '20010db80000000200000000000000bd 03 40 00 01     eth2',
  'fe800000000000000000000000000001 03 40 20 80     eth2',
  '00000000000000000000000000000001 01 80 10 80       lo',
].join('\n');

const running = {
  lo: [address('127.0.0.1', { internal: true }), address('::1', { internal: true })],
  eth0: [address('192.0.2.1')],
  eth1: [address('2001:db8::7'), address('2001:db8::bad'), address('198.51.100.1'), address('fe80::1')],
  'flannel.1': [address('10.1.0.0')],
  cni0: [address('10.1.0.1')],
  veth1234: [address('169.254.3.4')],
};

async function factsOf(tables: Readonly<Record<string, string>>, interfaces = {}): Promise<AddressFacts> {
  const proc = mkdtempSync(join(base, 'proc-'));
  mkdirSync(join(proc, 'self', 'net'), { recursive: true });
  for (const [name, text] of Object.entries(tables)) writeFileSync(join(proc, 'self', 'net', name), `${text}\n`);
  return readAddressFacts(proc, interfaces);
}

describe('lastingAddresses', () => {
  const all = ['198.51.100.1', '2001:db8::7', '192.0.2.1', '203.0.113.9', '2001:db8:0:2::8'];
  const tables = { route, fib_trie: fibTrie, if_inet6: ifInet6 };

  it('puts the interface of the default route first, IPv4 before IPv6, and leaves out what does not last', async () => {
    assert.deepEqual(lastingAddresses(await factsOf(tables, running)), all);
  });

  it('gives the same answer with the cables of all interfaces pulled out', async () => {
    assert.deepEqual(lastingAddresses(await factsOf(tables, { lo: running.lo })), all);
  });

  it('gives the same answer whatever order the kernel lists interfaces in', async () => {
    const reversed = Object.fromEntries(Object.entries(running).reverse());
    assert.deepEqual(lastingAddresses(await factsOf(tables, reversed)), all);
  });

  it('takes of a running interface what Node lists, whatever else the kernel delivers locally', async () => {
    const inNetworkOfEth0 = fibTrie.replace('|-- 10.96.0.1', '|-- 192.0.2.77');
    assert.deepEqual(lastingAddresses(await factsOf({ ...tables, fib_trie: inNetworkOfEth0 }, running)), all);
  });

  it('takes the interface with the narrowest network around an address', async () => {
    const bridge = 'cni0\t007100CB\t00000000\t0001\t0\t0\t0\t80FFFFFF\t0\t0\t0';
    const facts = await factsOf({ ...tables, route: `${route}\n${bridge}` }, running);
    assert.ok(!lastingAddresses(facts).includes('203.0.113.9'));
  });

  it('is empty on a machine without a network', async () => {
    assert.deepEqual(lastingAddresses(await factsOf({}, { lo: running.lo })), []);
  });

  it('takes what Node lists where there is no /proc, or one of another form', async () => {
    for (const tables of [{}, { route: 'x\ny', fib_trie: 'Local:\n |-- x\n /32 host LOCAL', if_inet6: 'zz' }]) {
      const facts = await factsOf(tables, { eth0: running.eth0 });
      assert.deepEqual(lastingAddresses(facts), ['192.0.2.1']);
      assert.equal(facts.defaultInterface, undefined);
    }
  });
});

const mayMakeNetworks = spawnSync('unshare', ['--net', 'ip', 'link', 'add', 'x', 'type', 'veth']).status === 0;

describe('the addresses of a real interface', { skip: mayMakeNetworks ? false : 'needs root and iproute2' }, () => {
  const program = `
    import { networkInterfaces } from 'node:os';
    import { lastingAddresses, readAddressFacts } from ${JSON.stringify(import.meta.resolve('./host-addresses.ts'))};
    console.log(JSON.stringify(lastingAddresses(await readAddressFacts('/proc', networkInterfaces()))));`;
  const script = `set -e
    look() { "$NODE" --input-type=module --eval "$PROGRAM"; }
    ip link set lo up
    ip link add eth7 type veth peer name far
    ip address add 192.0.2.7/24 dev eth7
    ip -6 address add 2001:db8::7/64 dev eth7 nodad 2>/dev/null || true
    ip link set far up; ip link set eth7 up
    look; ip link set far down; look; ip link set far up; look; ip link set eth7 down; look`;

  it('stay while its cable is out, and go when it is taken down', () => {
    const env = { ...process.env, NODE: process.execPath, PROGRAM: program };
    const { stdout, stderr } = spawnSync('unshare', ['--net', 'sh', '-c', script], { env, encoding: 'utf8' });
    const [connected, cut, again, down] = stdout
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    assert.ok(Array.isArray(connected) && connected.includes('192.0.2.7'), stdout + stderr);
    assert.deepEqual(cut, connected);
    assert.deepEqual(again, connected);
    assert.deepEqual(down, []);
  });
});

function address(text: string, given: { readonly internal?: boolean } = {}): NetworkInterfaceInfo {
  const common = { address: text, netmask: '', mac: '', internal: given.internal ?? false, cidr: null };
  return text.includes(':') ? { ...common, family: 'IPv6', scopeid: 0 } : { ...common, family: 'IPv4' };
}
