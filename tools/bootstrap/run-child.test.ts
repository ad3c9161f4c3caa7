import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import test from 'node:test';

const exits: readonly [name: string, script: string, code: number][] = [
  ['an exit code comes back as it is', 'process.exit(7)', 7],
  ['success comes back', '', 0],
  ['a death by signal is 128 and its number', "process.kill(process.pid, 'SIGKILL')", 137],
];

for (const [name, script, code] of exits) {
  test(name, async () => {
    const [exitCode] = await once(start(script), 'close');
    assert.equal(exitCode, code);
  });
}

const counting = `
  let count = 0;
  process.on('SIGINT', () => { count += 1; console.log('interrupt'); });
  for (const signal of ['SIGTERM', 'SIGQUIT']) {
    process.on(signal, () => { console.log('interrupts ' + count); process.exit(0); });
  }
  setInterval(() => {}, 1000);
  console.log('ready');
`;

test('an interrupt that comes several times at once reaches the job once', async () => {
  const outer = start(counting);
  const output = text(outer.stdout);
  await once(outer.stdout, 'data');
  // As a terminal and npm do: the whole group, then the bootstrap again.
  process.kill(-pidOf(outer), 'SIGINT');
  outer.kill('SIGINT');
  outer.kill('SIGINT');
  // Two signals that wait at once may be handled in any order.
  await once(outer.stdout, 'data');
  outer.kill('SIGTERM');
  const [code] = await once(outer, 'close');
  assert.equal(code, 0);
  assert.match(await output, /interrupts 1\n/);
});

test('a second interrupt, later, reaches the job too', async () => {
  const script = `
    let count = 0;
    process.on('SIGINT', () => { count += 1; console.log('interrupt'); if (count === 2) process.exit(9); });
    setInterval(() => {}, 1000);
    console.log('ready');
  `;
  const outer = start(script);
  await once(outer.stdout, 'data');
  outer.kill('SIGINT');
  await once(outer.stdout, 'data');
  // Until it is heard: one that comes when the job has ended would end the bootstrap.
  const again = setInterval(() => outer.kill('SIGINT'), 100);
  outer.stdout.once('data', () => clearInterval(again));
  const [code] = await once(outer, 'close');
  clearInterval(again);
  assert.equal(code, 9);
});

test('a program that is not there is an error, not a silence', async () => {
  const outer = start('', '/nonexistent/node');
  const [code] = await once(outer, 'close');
  assert.equal(code, 70);
});

test('an interactive job has the terminal, and gets its Ctrl-C once', { skip: withoutScript() }, async () => {
  const driver = driverOf(
    counting.replace("console.log('ready')", "console.log('ready ' + process.stdin.isTTY)"),
    true,
  );
  const command = [process.execPath, '--input-type=module', '--eval', driver].map(quoteForShell).join(' ');
  const outer = spawn('script', ['--quiet', '--return', '--command', `exec ${command}`, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  outer.stdout.on('data', (chunk) => {
    const before = output;
    output += String(chunk);
    if (!before.includes('ready') && output.includes('ready')) outer.stdin.write('\x03');
    // Its own word, not the terminal's `^C`: of two signals that wait at once the later may be handled first.
    if (!before.includes('interrupt') && output.includes('interrupt')) outer.stdin.write('\x1c');
  });
  const [code] = await once(outer, 'close');
  assert.match(output, /ready true/);
  assert.match(output, /interrupts 1/);
  assert.equal(code, 0);
});

test('an interactive job without a terminal gets what is sent to the bootstrap', async () => {
  const outer = start(counting, process.execPath, true);
  const output = text(outer.stdout);
  await once(outer.stdout, 'data');
  outer.kill('SIGINT');
  await once(outer.stdout, 'data');
  outer.kill('SIGTERM');
  const [code] = await once(outer, 'close');
  assert.equal(code, 0);
  assert.match(await output, /interrupts 1\n/);
});

/** A bootstrap whose job is the given script, in a process group of its own, as a shell makes one. */
function start(
  script: string,
  command = process.execPath,
  isInteractive = false,
): ChildProcessByStdio<null, Readable, null> {
  return spawn(process.execPath, ['--input-type=module', '--eval', driverOf(script, isInteractive, command)], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

function driverOf(script: string, isInteractive: boolean, command = process.execPath): string {
  const options = { command, args: ['--eval', script], cwd: '/', isInteractive };
  return `
    import { runChild } from ${JSON.stringify(join(import.meta.dirname, 'run-child.mjs'))};
    const code = runChild({ ...${JSON.stringify(options)}, env: process.env });
    process.exitCode = await code.catch(() => 70);
  `;
}

/** `script` of util-linux gives a program a terminal of its own. */
function withoutScript(): string | false {
  return spawnSync('script', ['--version']).status === 0 ? false : 'script (util-linux) is not installed';
}

function quoteForShell(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function pidOf(child: { readonly pid?: number | undefined }): number {
  assert.ok(child.pid);
  return child.pid;
}
