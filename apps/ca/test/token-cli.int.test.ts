/** `ca token …`, run as its users run it. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { parseJoinToken } from '@easycerts/cluster';
import { enrolRequest } from './enrolling.ts';
import { type CaSite, type StartedCa, startSite } from './running-ca.ts';

let site: CaSite;
let ca: StartedCa;
before(async () => {
  site = await startSite();
  ca = await site.start();
});
after(() => site?.close());

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `ca token …`. */
function run(...args: readonly string[]): Promise<Result> {
  const { promise, resolve } = Promise.withResolvers<Result>();
  const line = [`${import.meta.dirname}/../src/main.ts`, 'token', ...args];
  const where = ['--root', site.paths.root, '--endpoint', ca.endpoint];
  const env = { PATH: process.env.PATH ?? '' };
  const child = execFile(process.execPath, [...line, ...where], { env }, (_, stdout, stderr) =>
    resolve({ code: child.exitCode ?? -1, stdout, stderr }),
  );
  return promise;
}

interface Listed {
  readonly id: string;
  readonly state: string;
  readonly name?: string;
  readonly usedBy: readonly string[];
}

async function listed(id: string): Promise<Listed | undefined> {
  const tokens = JSON.parse((await run('list', '--json')).stdout) as readonly Listed[];
  return tokens.find((token) => token.id === id);
}

test('ca token create prints the line alone, and a host joins with it', async () => {
  const { code, stdout, stderr } = await run('create', '--role', 'node', '--note', 'rack 4');
  assert.deepEqual([code, stderr], [0, '']);
  assert.match(stdout, /^ect1\.[\w-]+\.[0-9a-f]{8}\n$/);
  const { id } = parseJoinToken(stdout);
  assert.equal((await listed(id))?.state, 'valid');
  await ca.enrol(await enrolRequest(stdout, 'n2'));
  const used = await listed(id);
  assert.deepEqual([used?.state, used?.usedBy], ['used', ['n2']]);
});

test('ca token create --json has the line and what it is for', async () => {
  const options = ['--name', 'n5', '--ttl', '2h', '--address', '10.0.0.5', 'fd00::5', '--json'];
  const made = JSON.parse((await run('create', ...options)).stdout);
  const { id } = parseJoinToken(made.token);
  const lifetimeMs = Date.parse(made.expiresAt) - Date.parse(made.createdAt);
  assert.deepEqual(
    [made.id, made.name, made.state, made.uses, made.addresses, lifetimeMs],
    [id, 'n5', 'valid', 1, ['10.0.0.5', 'fd00::5'], 7_200_000],
  );
});

test('ca token list shows a table without secrets, ca token revoke ends a token, also twice', async () => {
  const line = (await run('create', '--uses', '5')).stdout;
  const { id, secret } = parseJoinToken(line);
  const table = (await run('list')).stdout;
  assert.match(table, /^ID +STATE +ROLE +NAME +USES +EXPIRES +USED BY +NOTE\n/);
  assert.match(table, new RegExp(`^${id} +valid +node +any +0/5 +in 59m`, 'm'));
  assert.ok(!table.includes(Buffer.from(secret).toString('base64url')));
  for (let time = 1; time <= 2; time++) {
    const revoked = await run('revoke', id);
    assert.deepEqual([revoked.code, revoked.stdout], [0, `revoked token ${id}\n`]);
  }
  assert.equal((await listed(id))?.state, 'revoked');
});

test('a token for a master is a clear error: there is only one yet', async () => {
  const { code, stdout, stderr } = await run('create', '--role', 'master');
  assert.deepEqual([code, stdout], [1, '']);
  assert.match(stderr, /several masters are not there yet\n {2}do: make a token for a node/);
});

test('wrong use is exit code 2, with what to do, and makes nothing', async () => {
  const before = JSON.parse((await run('list', '--json')).stdout).length;
  const lines = [
    'create --role admin',
    'create --ttl soon',
    'create --ttl 31d',
    'create --uses 0',
    'create --uses 1001',
    'create --uses many',
    'create --name N_2',
    'create --name n2 --uses 2',
    'create --name m1',
    'create --address localhost',
    'create --address 127.0.0.1',
    'create --uses 2 --address 10.0.0.5',
    'create something',
    'revoke',
    'revoke xyz',
    'nothing',
  ];
  const check = async (line: string): Promise<void> => {
    const { code, stdout, stderr } = await run(...line.split(' '));
    assert.deepEqual([code, stdout], [2, ''], `${line}: ${stderr}`);
    assert.match(stderr, /^error: .*\n {2}do: /, line);
  };
  await Promise.all(lines.map(check));
  assert.equal(JSON.parse((await run('list', '--json')).stdout).length, before);
});

test('a token that there is not cannot be revoked', async () => {
  const { code, stderr } = await run('revoke', '0123456789ab', '--json');
  assert.equal(code, 1);
  assert.equal(JSON.parse(stderr).error.code, 'NOT_FOUND');
});

test('help names the commands and says what the defaults are', async () => {
  const { code, stdout } = await run('create', '--help');
  assert.equal(code, 0);
  for (const text of ['--role', '--name', '--ttl', '--uses', '--note', '--address', '"1h"', 'not available yet']) {
    assert.ok(stdout.replace(/\s+/g, ' ').includes(text), text);
  }
});
