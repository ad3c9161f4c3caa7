import assert from 'node:assert/strict';
import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { describe, it } from 'node:test';

const sample = join(import.meta.dirname, '../test/sample-command.ts');

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

interface Run {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly outcome: Promise<Outcome>;
  readonly firstOutput: Promise<void>;
}

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Run {
  const child = spawn(process.execPath, [sample, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '', ...env },
  });
  const outcome = Promise.withResolvers<Outcome>();
  const firstOutput = Promise.withResolvers<void>();
  const texts = { out: '', err: '' };
  child.stdout.on('data', (data) => {
    texts.out += data;
    firstOutput.resolve();
  });
  child.stderr.on('data', (data) => {
    texts.err += data;
  });
  child.on('close', (code) => {
    outcome.resolve({ code, ...texts });
    firstOutput.resolve();
  });
  return { child, outcome: outcome.promise, firstOutput: firstOutput.promise };
}

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  return start(args, env).outcome;
}

describe('global options', () => {
  it('may stand before and after the command; the nearest to it counts', async () => {
    assert.equal((await run(['--root', '/a', 'group', 'inner'])).out, '/a\n');
    assert.equal((await run(['group', 'inner', '--root=/b'])).out, '/b\n');
    assert.equal((await run(['--root', '/a', 'group', '--root', '/c', 'inner'])).out, '/c\n');
  });

  it('come from the environment when not on the command line', async () => {
    const env = { EASYCERTS_ROOT: '/e', EASYCERTS_LOG_LEVEL: 'debug' };
    const fromEnvironment = JSON.parse((await run(['paths'], env)).out);
    assert.deepEqual(fromEnvironment, {
      root: '/e',
      configFile: '/e/etc/easycerts/cluster.yaml',
      isJson: false,
      logLevel: 'debug',
    });
    assert.equal(JSON.parse((await run(['--root', '/a', 'paths'], env)).out).root, '/a');
  });

  it('mean the real host by default, also when / is given', async () => {
    assert.deepEqual(JSON.parse((await run(['paths'])).out), {
      root: '',
      configFile: '/etc/easycerts/cluster.yaml',
      isJson: false,
      logLevel: 'info',
    });
    assert.equal(JSON.parse((await run(['paths', '--root', '/'])).out).root, '');
  });

  it('turn relative paths into absolute ones', async () => {
    const { root, configFile } = JSON.parse((await run(['paths', '--root', 'x/', '--config', 'y.yaml'])).out);
    assert.deepEqual([root, configFile], [join(process.cwd(), 'x'), join(process.cwd(), 'y.yaml')]);
  });
});

describe('a wrong command line ends with 2 and a cure on standard error', () => {
  for (const [rule, args, message, cure] of [
    ['an unknown command', ['pahts'], "unknown command 'pahts'", 'did you mean paths? see `sample --help`'],
    [
      'an unknown option',
      ['paths', '--jsn'],
      "unknown option '--jsn'",
      'did you mean --json? see `sample paths --help`',
    ],
    ['a missing argument', ['fail'], "missing required argument 'code'", 'see `sample fail --help`'],
    ['too many arguments', ['paths', 'x'], 'too many arguments', 'see `sample paths --help`'],
    ['an option without its value', ['paths', '--root'], 'argument missing', 'see `sample --help`'],
    ['a value that is none of the choices', ['paths', '--log-level', 'loud'], 'Allowed choices', 'see `sample --help`'],
    ['an unknown command of a group', ['group', 'outer'], "unknown command 'outer'", 'see `sample group --help`'],
  ] as const) {
    it(rule, async () => {
      const { code, out, err } = await run(args);
      assert.equal(code, 2);
      assert.equal(out, '');
      assert.ok(err.startsWith('error: ') && err.includes(message) && err.includes(`\n  do: ${cure}`), err);
    });
  }

  it('no command at all shows the help', async () => {
    const { code, err } = await run([]);
    assert.equal(code, 2);
    assert.match(err, /Usage: sample/);
  });
});

describe('help and version end with 0 on standard output', () => {
  it('help names the options of every command apart', async () => {
    const { code, out } = await run(['group', 'inner', '--help']);
    assert.equal(code, 0);
    assert.match(out, /--depth <n>/);
    assert.match(out, /Options of every command:\n\s+--root <dir>/);
  });

  it('version', async () => {
    const { code, out } = await run(['--version']);
    assert.deepEqual([code, out], [0, '1.2.3\n']);
  });
});

describe('an error', () => {
  it('shows message, every problem with its path, and the cure', async () => {
    const { code, err } = await run(['fail', 'INVALID_CONFIG']);
    assert.deepEqual([code, err], [2, 'error: open /x: no\n  a.b: wrong\n  also\n  do: try this\n']);
  });

  it('has the exit code of its code', async () => {
    assert.equal((await run(['fail', 'UNAVAILABLE'])).code, 1);
    assert.equal((await run(['fail', 'CANCELLED'])).code, 130);
  });

  it('is one line of JSON with --json', async () => {
    for (const args of [
      ['fail', 'DAMAGED', '--json'],
      ['--json', 'fail', 'DAMAGED'],
    ]) {
      const { code, err } = await run(args);
      assert.equal(code, 1);
      const { error } = JSON.parse(err);
      assert.deepEqual([error.code, error.message, error.details.cure], ['DAMAGED', 'open /x: no', 'try this']);
    }
    assert.equal(JSON.parse((await run(['--json', 'pahts'])).err).error.code, 'INVALID_INPUT');
  });

  it('that is a defect says so, and shows its stack only when debugging', async () => {
    const { code, err } = await run(['defect']);
    assert.equal(code, 1);
    assert.match(err, /^error: unexpected: oops\n {2}do: this is a defect/);
    assert.doesNotMatch(err, /\n\s+at /);
    assert.match((await run(['defect'], { EASYCERTS_LOG_LEVEL: 'debug' })).err, /TypeError: oops\n\s+at /);
  });

  it('in the background ends the process', async () => {
    const { code, err } = await run(['reject-later']);
    assert.equal(code, 1);
    assert.match(err, /unexpected: late/);
  });
});

describe('signals', () => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    it(`${signal} closes a daemon cleanly`, async () => {
      const { child, outcome, firstOutput } = start(['serve']);
      await firstOutput;
      child.kill(signal);
      assert.deepEqual(await outcome, { code: 0, out: 'serving\nclosing\nclosed\n', err: '' });
    });
  }

  it('a second one ends the process at once', async () => {
    const { child, outcome, firstOutput } = start(['serve', '--hang']);
    await firstOutput;
    child.kill('SIGINT');
    child.stdout.once('data', () => child.kill('SIGINT'));
    assert.equal((await outcome).code, 130);
  });

  it('interrupt a command that waits, with 130', async () => {
    const { child, outcome, firstOutput } = start(['wait']);
    await firstOutput;
    child.kill('SIGINT');
    const { code, err } = await outcome;
    assert.deepEqual([code, err], [130, 'error: stopped by SIGINT\n']);
  });

  it('are not needed by a service that ends by itself', async () => {
    assert.deepEqual((await run(['serve', '--end'])).code, 0);
  });
});

describe('output', () => {
  it('arrives whole before the process ends', async () => {
    assert.equal((await run(['print-much'])).out.split('\n').length, 100_001);
  });

  it('into a closed pipe ends quietly', async () => {
    const { child, outcome, firstOutput } = start(['print-much']);
    await firstOutput;
    child.stdout.destroy();
    const { code, err } = await outcome;
    assert.deepEqual([code, err], [0, '']);
  });
});
