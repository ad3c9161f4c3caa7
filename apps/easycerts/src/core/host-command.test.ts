import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type HostCommandFacts, isForCluster } from './host-command.ts';

const facts = (words: string, changes: Partial<HostCommandFacts> = {}): HostCommandFacts => ({
  argv: ['node', 'main.ts', ...words.split(' ')],
  env: {},
  hostCommands: ['ca', 'certmgr', 'events'],
  isHost: false,
  ...changes,
});

test('what acts on a host is meant for the developer’s cluster', () => {
  for (const words of ['ca list', 'events --follow', '--log-level debug certmgr check']) {
    assert.equal(isForCluster(facts(words)), true, words);
  }
});

test('what acts on the cluster as a whole, asks for help or names another place is not', () => {
  for (const words of [
    'up --detach',
    'status',
    'exec -- ca list',
    'ca --help',
    'ca list -h',
    'ca list --root /x',
    'ca list --config=/y',
    'nonsense',
  ]) {
    assert.equal(isForCluster(facts(words)), false, words);
  }
});

test('on a host, inside the sandbox, or with a root in the environment, everything means the place itself', () => {
  assert.equal(isForCluster(facts('ca list', { isHost: true })), false);
  assert.equal(isForCluster(facts('ca list', { env: { container: 'easycerts' } })), false);
  assert.equal(isForCluster(facts('ca list', { env: { EASYCERTS_ROOT: '/x' } })), false);
  assert.equal(isForCluster(facts('ca list', { env: { EASYCERTS_CONFIG: '/x' } })), false);
});
