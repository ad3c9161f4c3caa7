import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { Argument, Command, Option } from 'commander';
import { completionScript, shells } from './completions.ts';

/** A program with one of each thing. */
function program(): Command {
  const show = new Command('show').description("one certificate: it's all there [and $(more)]").argument('<serial>');
  const list = new Command('list')
    .alias('ls')
    .description('what was issued')
    .addOption(new Option('-a, --authority <name>', 'only of this one').choices(['kubernetes', 'etcd']))
    .option('--out <file>', 'write it there');
  const reissue = new Command('reissue').addArgument(new Argument('<names...>').choices(['kubelet', 'kube-proxy']));
  const ca = new Command('ca').description('the authority').addCommand(list).addCommand(show).addCommand(reissue);
  const completion = new Command('completion').addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']));
  return new Command('easycerts')
    .addCommand(ca)
    .addCommand(completion)
    .addCommand(new Command('apply').argument('<manifest-file>'))
    .addCommand(new Command('supervise'), { hidden: true })
    .addCommand(new Command('ev$(touch pwned)il'));
}

const has = (shell: string): boolean => spawnSync(shell, ['-c', 'exit 0']).status === 0;
const without = (shell: string): string | false => (has(shell) ? false : `${shell} is not installed`);

for (const shell of shells) {
  test(`${shell} accepts the script`, { skip: without(shell) }, async (t) => {
    const script = join(await folder(t), 'script');
    await writeFile(script, completionScript(program(), shell));
    execFileSync(shell, ['-n', script]);
  });

  test(`the script for ${shell} is the same each time, without hidden commands`, () => {
    const script = completionScript(program(), shell);
    assert.equal(completionScript(program(), shell), script);
    assert.ok(!script.includes('supervise'));
  });

  test(`the script for ${shell} holds nothing that a shell would run from a name`, () => {
    assert.ok(!completionScript(program(), shell).includes('pwned'));
  });
}

/** What is typed, and what bash, zsh and fish offer for its last word. */
const rows: readonly [name: string, words: readonly string[], offered: readonly string[]][] = [
  ['commands at the first word', [''], ['apply', 'ca', 'completion', 'help']],
  ['commands that begin so', ['c'], ['ca', 'completion']],
  ['commands below a command', ['ca', ''], ['help', 'list', 'ls', 'reissue', 'show']],
  ['the choices of an argument', ['completion', ''], ['bash', 'fish', 'zsh']],
  ['nothing after the last argument', ['completion', 'bash', ''], []],
  ['the choices of an argument that repeats, again', ['ca', 'reissue', 'kubelet', 'kube-'], ['kube-proxy']],
  ['the choices of an option', ['ca', 'list', '--authority', ''], ['etcd', 'kubernetes']],
  ['the choices of an option by its short name', ['ca', 'list', '-a', 'k'], ['kubernetes']],
  ['commands after an option with a value', ['--root', '/x', 'ca', 's'], ['show']],
  ['the choices of an option by an alias of its command', ['ca', 'ls', '--authority', 'e'], ['etcd']],
  ['the values of an option of every command', ['ca', '--log-level', 'deb'], ['debug']],
  ['options that begin so', ['ca', 'list', '--au'], ['--authority']],
  ['options of every command, deep down', ['ca', 'show', '--con'], ['--config']],
];

for (const [name, words, offered] of rows) {
  test(`bash offers ${name}`, async (t) => assert.deepEqual(await offeredByBash(t, words), offered));

  test(`fish offers ${name}`, { skip: without('fish') }, async (t) => {
    assert.deepEqual(await offeredByFish(t, words), offered);
  });
}

test('bash offers files and folders where they are wanted, with spaces in their names', async (t) => {
  assert.deepEqual(await offeredByBash(t, ['ca', 'list', '--out', 'with']), ['with space', 'with-folder']);
  assert.deepEqual(await offeredByBash(t, ['--root', 'with']), ['with-folder']);
  assert.deepEqual(await offeredByBash(t, ['apply', 'with s']), ['with space']);
});

test('bash offers values behind an equals sign', async (t) => {
  assert.deepEqual(await offeredByBash(t, ['ca', 'list', '--authority', '=', 'k']), ['kubernetes']);
  assert.deepEqual(await offeredByBash(t, ['ca', 'list', '--authority', '=']), ['etcd', 'kubernetes']);
});

/** What the completion function puts into COMPREPLY, in a shell that has loaded the script. */
async function offeredByBash(t: TestContext, words: readonly string[]): Promise<readonly string[]> {
  const cwd = await folder(t);
  const quoted = ['easycerts', ...words].map((word) => `'${word}'`).join(' ');
  const input = `${completionScript(program(), 'bash')}
compopt() { :; }
COMP_WORDS=(${quoted}); COMP_CWORD=${words.length}; _easycerts
[[ \${#COMPREPLY[@]} -eq 0 ]] || printf '%s\\n' "\${COMPREPLY[@]}"`;
  const output = execFileSync('bash', ['--norc', '--noprofile'], { cwd, input, encoding: 'utf8' });
  return sortedLines(output);
}

/** fish itself tells what it would offer. */
async function offeredByFish(t: TestContext, words: readonly string[]): Promise<readonly string[]> {
  const cwd = await folder(t);
  await writeFile(join(cwd, 'script.fish'), completionScript(program(), 'fish'));
  const command = `source script.fish; complete -C '${['easycerts', ...words].join(' ')}'`;
  const env = { ...process.env, HOME: cwd, XDG_CONFIG_HOME: cwd, XDG_DATA_HOME: cwd };
  const output = execFileSync('fish', ['--no-config', '-c', command], { cwd, env, encoding: 'utf8' });
  return sortedLines(output.replaceAll(/\t.*$/gm, ''));
}

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'easycerts-completion-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  await mkdir(join(path, 'with-folder'));
  await writeFile(join(path, 'with space'), '');
  return path;
}

function sortedLines(text: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}
