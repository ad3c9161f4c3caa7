import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Command, Option } from 'commander';
import { describeCommand } from './command-description.ts';

function sample(): Command {
  const program = new Command('ca').description('the certificate authority');
  program
    .command('show')
    .description('show one')
    .argument('<serial>', 'serial number')
    .option('--pem', 'print it')
    .addOption(new Option('--secret').hideHelp());
  program.command('internal', { hidden: true });
  return program;
}

test('a command is described as its help shows it', () => {
  const { path, usage, commands } = describeCommand(sample());
  assert.deepEqual(path, ['ca']);
  assert.equal(usage, '[options] [command]');
  const [show] = commands;
  assert.deepEqual(show?.path, ['ca', 'show']);
  assert.equal(show?.usage, '[options] <serial>');
  assert.deepEqual(show?.arguments, [{ term: 'serial', description: 'serial number' }]);
  assert.deepEqual(show?.options[0], { term: '--pem', description: 'print it', group: undefined, env: undefined });
});

test('options of every command have their group and their variable', () => {
  const root = describeCommand(sample()).options.find(({ term }) => term === '--root <dir>');
  assert.equal(root?.env, 'EASYCERTS_ROOT');
  assert.equal(root?.group, 'Options of every command:');
});

test('what is hidden, and the command help, are left out', () => {
  const { commands } = describeCommand(sample());
  assert.deepEqual(
    commands.map(({ path }) => path.at(-1)),
    ['show'],
  );
  assert.ok(!commands[0]?.options.some(({ term }) => term === '--secret'));
});
