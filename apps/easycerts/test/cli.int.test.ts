/** The command line as a user meets it: what wrong input gets, and that nothing is left half made. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const app = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const main = join(app, 'src/main.ts');
let folder = '';
before(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'easycerts-cli-')));
});
after(() => rmSync(folder, { recursive: true, force: true }));

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function run(args: readonly string[], program: readonly string[] = [process.execPath, main]): Outcome {
  const [command = '', ...first] = program;
  const env = { ...process.env, EASYCERTS_DATA_DIR: undefined, EASYCERTS_CONFIG: undefined, EASYCERTS_ROOT: undefined };
  const { status, stderr, stdout } = spawnSync(command, [...first, ...args], { encoding: 'utf8', cwd: folder, env });
  return { code: status, out: stdout, err: stderr };
}

const configFile = (text: string): string => {
  const path = join(folder, 'cluster.yaml');
  writeFileSync(path, text);
  return path;
};

test('it tells its version, as text and as JSON', () => {
  assert.match(run(['version']).out, /^easycerts \d+\.\d+\.\d+\n$/);
  assert.match(JSON.parse(run(['version', '--json']).out).version, /^\d/);
});

test('the launcher runs under the Node that the user has', () => {
  const launched = run(['version'], [process.execPath, join(app, 'bin/easycerts.mjs')]);
  assert.equal(launched.code, 0);
  assert.match(launched.out, /^easycerts /);
});

test('called through a link with a service’s name it is that service', () => {
  const link = join(folder, 'config-renderer');
  symlinkSync(main, link);
  const { code, out } = run(['--help'], [process.execPath, link]);
  assert.equal(code, 0);
  assert.match(out, /^Usage: config-renderer/);
});

test('an unknown command or option is exit code 2, with a suggestion', () => {
  const { code, err } = run(['upp']);
  assert.equal(code, 2);
  assert.match(err, /^error: .*upp/);
  assert.match(err, /do: /);
  assert.equal(run(['up', '--detatch']).code, 2);
});

test('a duration that is none is exit code 2', () => {
  const { code, err } = run(['up', '--timeout', 'soon']);
  assert.equal(code, 2);
  assert.match(err, /soon/);
});

test('a wrong configuration: every problem at once, exit code 2, nothing made', () => {
  const config = configFile('roles: [master, nodes]\nmasterAdress: localhost\n');
  const { code, err } = run(['up', '--config', config]);
  assert.equal(code, 2);
  for (const part of ['roles', 'masterAdress', 'masterAddress']) assert.ok(err.includes(part), `${part} is told`);
  assert.ok(!existsSync(join(folder, '.easycerts')));
});

test('a configuration that is not there: exit code 2, nothing made', () => {
  const { code, err } = run(['up', '--config', join(folder, 'absent.yaml')]);
  assert.equal(code, 2);
  assert.ok(err.includes('absent.yaml'));
  assert.ok(!existsSync(join(folder, '.easycerts')));
});

test('a master address that cannot be this machine’s: exit code 2, nothing made', () => {
  const { code, err } = run(['up', '--config', configFile('roles: [master, node]\nmasterAddress: 192.0.2.77\n')]);
  assert.equal(code, 2);
  assert.match(err, /masterAddress: 192\.0\.2\.77/);
  assert.ok(!existsSync(join(folder, '.easycerts')));
});

test('a folder of somebody else is refused by up, down and reset, and stays', () => {
  const foreign = join(folder, 'mine');
  mkdirSync(foreign, { recursive: true });
  writeFileSync(join(foreign, 'thesis.txt'), '');
  for (const command of ['up', 'down', 'reset']) {
    const { code, err } = run([command, '--data-dir', foreign]);
    assert.equal(code, 1, command);
    assert.match(err, /was not made by/);
  }
  assert.deepEqual(readdirSync(foreign), ['thesis.txt']);
});

test('without a cluster: status says so, exec and shell say what to do', () => {
  const status = run(['status']);
  assert.equal(status.code, 1);
  assert.match(status.out, /nothing runs/);
  assert.equal(JSON.parse(run(['status', '--json']).out).isRunning, false);
  for (const words of [['exec', '--', 'true'], ['shell']]) {
    const { code, err } = run(words);
    assert.equal(code, 1);
    assert.match(err, /easycerts up/);
  }
});

test('down and reset of nothing are no error', () => {
  assert.equal(run(['down']).code, 0);
  assert.equal(run(['reset']).code, 0);
});

test('an error is JSON when JSON was asked for', () => {
  const { err } = run(['exec', '--json', '--', 'true']);
  assert.equal(JSON.parse(err).error.code, 'FAILED_PRECONDITION');
});
