/** `ca cfssl-key …` and `ca import-config`, run as their users run them. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { parseClusterConfig } from '@easycerts/cluster';
import { temporaryDirectory } from '@easycerts/testing';
import { type CaSite, type StartedCa, startSite } from './running-ca.ts';

let site: CaSite;
let ca: StartedCa;
before(async () => {
  site = await startSite();
  ca = await site.start({ cfssl: { address: '127.0.0.1', port: 0 } });
});
after(() => site?.close());

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `ca …`. */
function run(...args: readonly string[]): Promise<Result> {
  const { promise, resolve } = Promise.withResolvers<Result>();
  const env = { PATH: process.env.PATH ?? '' };
  const line = [`${import.meta.dirname}/../src/main.ts`, ...args, '--root', site.paths.root];
  const child = execFile(process.execPath, line, { env }, (_, stdout, stderr) =>
    resolve({ code: child.exitCode ?? -1, stdout, stderr }),
  );
  return promise;
}

const key = (...args: readonly string[]) => run('cfssl-key', ...args, '--endpoint', ca.endpoint);

test('a key is printed alone, once; listed without itself; replaced and revoked', async () => {
  const made = await key('create', '--host', 'n9', '--register', '--address', '192.0.2.19');
  assert.deepEqual([made.code, made.stderr], [0, '']);
  assert.match(made.stdout, /^[0-9a-f]{32}\n$/);
  const again = await key('create', '--host', 'n9');
  assert.equal(again.stdout, '');
  assert.match(again.stderr, /rotate/);
  assert.notEqual(again.code, 0);
  const rotated = JSON.parse((await key('rotate', '--host', 'n9', '--overlap', '1h', '--json')).stdout);
  assert.deepEqual([rotated.host, rotated.profile, rotated.generation, rotated.state], ['n9', 'default', 2, 'rolling']);
  assert.match(rotated.key, /^[0-9a-f]{32}$/);
  const listed = await key('list');
  assert.match(listed.stdout, /n9\s+default\s+2\s+rolling/);
  assert.equal(listed.stdout.includes(rotated.key) || listed.stdout.includes(made.stdout.trim()), false);
  assert.equal((await key('revoke', '--host', 'n9')).stdout, 'revoked the key of n9 for the profile default\n');
  assert.equal(JSON.parse((await key('list', '--json')).stdout)[0].state, 'revoked');
});

test('what is no duration, no host and no known host is said before anything is made', async () => {
  for (const [args, words] of [
    [['rotate', '--host', 'n9', '--overlap', 'soon'], /--overlap soon: not a duration/],
    [['create', '--host', 'N9'], /not one DNS label/],
    [['create', '--host', 'n8'], /there is no host n8/],
    [['create'], /--host/],
  ] as const) {
    const { code, stdout, stderr } = await key(...args);
    assert.notEqual(code, 0);
    assert.equal(stdout, '');
    assert.match(stderr, words);
  }
});

test('import-config prints what cluster.yaml takes, says why the rest is refused, and exits 1 then', async (t) => {
  const { path, remove } = await temporaryDirectory();
  t.after(remove);
  const profile = { usages: ['signing', 'client auth'], expiry: '24h', auth_key: 'k' };
  const keys = { k: { type: 'standard', key: '00ff00ff' } };
  const good = `${path}/good.json`;
  await writeFile(good, JSON.stringify({ signing: { profiles: { www: profile } }, auth_keys: keys }));
  const taken = await run('import-config', good);
  assert.equal(taken.code, 0);
  assert.match(taken.stderr, /^left out: auth_keys\.k: one key for all hosts/);
  const config = parseClusterConfig(`roles: [master]\nmasterAddress: localhost\n${taken.stdout}`, 'test');
  assert.deepEqual(config.pki.cfssl.profiles.www?.usages, profile.usages);
  assert.equal(config.pki.cfssl.profiles.www?.expiry, 86_400);
  const open = `${path}/open.json`;
  await writeFile(open, JSON.stringify({ signing: { default: { expiry: '1h' }, profiles: { www: profile } } }));
  const refused = await run('import-config', open, '--json');
  const { config: printed, notes } = JSON.parse(refused.stdout);
  assert.deepEqual([refused.code, Object.keys(printed.pki.cfssl.profiles)], [1, ['www']]);
  assert.match(notes[0].why, /no auth_key/);
  await writeFile(open, '{"auth_keys": {"k": "00ff00ff"');
  const broken = await run('import-config', open);
  assert.notEqual(broken.code, 0);
  assert.match(broken.stderr, /not a configuration of cfssl/);
  assert.equal(broken.stderr.includes('00ff00ff'), false);
  assert.notEqual((await run('import-config', `${path}/none.json`)).code, 0);
});
