/** The commands, run as their users run them. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { after, before, test } from 'node:test';
import { filesOfSet, pathsUnder } from '@easycerts/cluster';
import { encodePem, parseCertificate } from '@easycerts/pki';
import { temporaryDirectory } from '@easycerts/testing';
import { node, requestFor } from './fixture.ts';
import { type CaSite, type StartedCa, startSite } from './running-ca.ts';

let site: CaSite;
let ca: StartedCa;
before(async () => {
  site = await startSite();
  ca = await site.start();
  await ca.register(node);
  const client = ca.client(await site.identity('n1', 'node'));
  await client.sign(await requestFor(node, 'kubelet', { at: new Date() }));
});
after(() => site?.close());

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `ca …`. */
function run(...args: readonly string[]): Promise<Result> {
  const program = `${import.meta.dirname}/../src/main.ts`;
  const { promise, resolve } = Promise.withResolvers<Result>();
  const environment = { PATH: process.env.PATH ?? '' };
  const child = execFile(process.execPath, [program, ...args], { env: environment }, (_, stdout, stderr) =>
    resolve({ code: child.exitCode ?? -1, stdout, stderr }),
  );
  return promise;
}

const onSite = (...args: readonly string[]) => run(...args, '--root', site.paths.root, '--endpoint', ca.endpoint);

async function withCluster(text: string): Promise<{ root: string; remove: () => Promise<void> }> {
  const folder = await temporaryDirectory();
  const { clusterFile } = pathsUnder(folder.path);
  await mkdir(dirname(clusterFile), { recursive: true });
  await writeFile(clusterFile, text);
  return { root: folder.path, remove: () => folder.remove() };
}

test('ca list shows a table, newest first', async () => {
  const { code, stdout } = await onSite('list');
  assert.equal(code, 0);
  const lines = stdout.trimEnd().split('\n');
  assert.match(lines[0] ?? '', /^SERIAL +HOST +CERTIFICATE +AUTHORITY +EXPIRES/);
  assert.match(lines[1] ?? '', / n1 +kubelet +kubernetes +in 29d/);
  assert.equal(lines.length, 5);
});

test('ca list --json and ca show agree with the files on disk', async () => {
  const { stdout } = await onSite('list', '--json', '--name', 'host');
  const [listed] = JSON.parse(stdout) as { serial: string; notAfter: string; fingerprint: string }[];
  const onDisk = parseCertificate(await readFile(filesOfSet(site.paths.hostIdentity).cert, 'utf8'));
  assert.equal(listed?.serial, onDisk.serial);
  assert.equal(listed?.fingerprint, onDisk.fingerprint);
  assert.equal(listed?.notAfter, onDisk.notAfter.toISOString());
  const capitals = onDisk.serial.toUpperCase().replace(/(..)(?=.)/g, '$1:');
  const shown = await onSite('show', capitals, '--pem');
  assert.equal(shown.stdout, encodePem('CERTIFICATE', onDisk.der));
  assert.match((await onSite('show', onDisk.serial)).stdout, /valid until +\d{4}-/);
  const json = JSON.parse((await onSite('show', onDisk.serial, '--json')).stdout) as { serial: string };
  assert.equal(json.serial, onDisk.serial);
});

test('ca list filters and limits', async () => {
  assert.equal((await onSite('list', '--host', 'n1')).stdout.trimEnd().split('\n').length, 2);
  assert.equal((await onSite('list', '--authority', 'easycerts', '--valid')).stdout.trimEnd().split('\n').length, 4);
  const limited = await onSite('list', '--limit', '1');
  assert.equal(limited.stdout.trimEnd().split('\n').length, 2);
  assert.match(limited.stderr, /more/);
});

test('wrong use is exit code 2, with what to do', async () => {
  const lines = ['list --limit x', 'list --authority root', 'show xyz', 'show', 'init --force', 'nothing'];
  const check = async (line: string): Promise<void> => {
    const { code, stdout, stderr } = await run(...line.split(' '), '--root', site.paths.root);
    assert.equal(code, 2, `${line}: ${stderr}`);
    assert.equal(stdout, '');
    assert.match(stderr, /^error: .*\n {2}do: /);
  };
  await Promise.all(lines.map(check));
});

test('a serial number that does not exist is an error, with JSON on request', async () => {
  const { code, stderr } = await onSite('show', 'abcdef');
  assert.equal(code, 1);
  assert.match(stderr, /abcdef/);
  const json = JSON.parse((await onSite('show', 'abcdef', '--json')).stderr) as { error: { code: string } };
  assert.equal(json.error.code, 'NOT_FOUND');
});

test('a CA that does not answer is one clear error', async () => {
  const { code, stderr } = await run('list', '--root', site.paths.root, '--endpoint', '127.0.0.1:1');
  assert.equal(code, 1);
  assert.match(stderr, /^error: .*127\.0\.0\.1:1.*\n {2}do: /);
});

test('ca init: every problem of the configuration at once, exit code 2, nothing written', async () => {
  const { root, remove } = await withCluster('roles: [master, boss]\nmasterAdress: localhost\n');
  const { code, stderr } = await run('init', '--root', root);
  assert.equal(code, 2);
  assert.match(stderr, /roles\[1\]/);
  assert.match(stderr, /masterAdress/);
  await remove();
});

test('ca init is refused where there is no CA to be', async () => {
  const { root, remove } = await withCluster('masterAddress: localhost\n');
  const { code, stderr } = await run('init', '--root', root);
  assert.equal(code, 1);
  assert.match(stderr, /easyCerts is off.*\n {2}do: /);
  await remove();
});

test('ca run before ca init says what to do', async () => {
  const { root, remove } = await withCluster('roles: [master]\nmasterAddress: localhost\n');
  const { code, stderr } = await run('run', '--root', root);
  assert.equal(code, 1);
  assert.match(stderr, /ca init/);
  await remove();
});

test('help names the commands, and none of them has --force', async () => {
  const { code, stdout } = await run('--help');
  assert.equal(code, 0);
  for (const name of ['init', 'run', 'list', 'show']) assert.match(stdout, new RegExp(`^ +${name}`, 'm'));
  assert.ok(!(await run('init', '--help')).stdout.includes('--force'));
});
