import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Apt, handInstallProblem, openApt } from './apt.ts';
import { script, temporaryFolder } from './testing.ts';

const facts = { hasApt: true, isRoot: true, toolPackages: ['iptables'], unpackedPackages: ['runc'] };

test('root on Debian needs no help', () => {
  assert.equal(handInstallProblem(facts), undefined);
});

test('another user on Debian is told the exact command, for what must be installed only', () => {
  const problem = handInstallProblem({ ...facts, isRoot: false });
  assert.equal(problem?.code, 'FAILED_PRECONDITION');
  assert.equal(problem?.details.cure, 'sudo apt-get install -y --no-install-recommends iptables');
  assert.equal(handInstallProblem({ ...facts, isRoot: false, toolPackages: [] }), undefined);
});

test('elsewhere all missing packages are told at once', () => {
  const problem = handInstallProblem({ ...facts, hasApt: false });
  assert.deepEqual(problem?.details.packages, ['iptables', 'runc']);
  assert.equal(handInstallProblem({ hasApt: false, isRoot: true, toolPackages: [], unpackedPackages: [] }), undefined);
});

/** An apt-get that writes down what it is asked, and knows packages only once its lists are updated. */
const fakeAptGet = `
echo "$@" >> "$FAKE_LOG"
case "$*" in
  *update*) [ -z "$FAKE_OFFLINE" ] || { echo "E: Failed to fetch http://m/ Could not connect" >&2; exit 100; }
     : > "$FAKE_LOG.fresh";;
  *) [ -e "$FAKE_LOG.fresh" ] || { echo "E: Unable to locate package" >&2; exit 100; }
     case "$*" in *download*) : > package.deb;; esac;;
esac`;

async function fakeApt(t: TestContext, more: { isRoot?: boolean; FAKE_OFFLINE?: string } = {}) {
  const root = await temporaryFolder(t);
  const bin = join(root, 'bin');
  await script(join(bin, 'apt-get'), fakeAptGet);
  await script(join(bin, 'dpkg-deb'), '/bin/mkdir -p "$3/usr/bin"; echo x > "$3/usr/bin/program"');
  const { isRoot = true, ...env } = more;
  const log = join(root, 'log');
  const apt: Apt = openApt({ env: { PATH: bin, FAKE_LOG: log, ...env }, isRoot });
  const asked = async (): Promise<string[]> => (await readFile(log, 'utf8')).trim().split('\n');
  return { apt, root, asked };
}

test('lists are updated once, when something cannot be had', async (t) => {
  const { apt, root, asked } = await fakeApt(t);
  await apt.unpack('runc', join(root, 'runc'));
  await apt.unpack('tini', join(root, 'tini'));
  assert.deepEqual(await readdir(join(root, 'runc/usr/bin')), ['program']);
  assert.deepEqual(
    (await asked()).map((line) => /download \S+|update/.exec(line)?.[0]),
    ['download runc', 'update', 'download runc', 'download tini'],
  );
  assert.deepEqual(
    (await readdir(root)).filter((name) => name.startsWith('.tmp')),
    [],
  );
});

test('an install takes no recommendations', async (t) => {
  const { apt, asked } = await fakeApt(t);
  await apt.install(['iptables', 'conntrack']);
  assert.match((await asked()).at(-1) ?? '', /^install .*--no-install-recommends.* iptables conntrack$/);
});

test('without a network the failure is the network, and nothing is left behind', async (t) => {
  const { apt, root } = await fakeApt(t, { FAKE_OFFLINE: '1' });
  await assert.rejects(apt.unpack('runc', join(root, 'runc')), { code: 'UNAVAILABLE' });
  assert.ok(!(await readdir(root)).some((name) => name.includes('runc')));
});

test('who is not root does not update the lists of the machine', async (t) => {
  const { apt, root, asked } = await fakeApt(t, { isRoot: false });
  await assert.rejects(apt.unpack('runc', join(root, 'runc')), { code: 'FAILED_PRECONDITION' });
  assert.equal((await asked()).length, 1);
});
