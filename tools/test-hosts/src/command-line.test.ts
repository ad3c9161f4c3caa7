import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Command, parseCommand } from './command-line.ts';

test('commands and their words', () => {
  const table: [string, Command][] = [
    ['up m1 n1', { kind: 'up', group: 'dev', hosts: ['m1', 'n1'], shares: [], withKubernetes: false }],
    [
      'up m1 --group g --kubernetes --share /a:/b --share /c:/d --network 10.0.9.0/24 --folder /f',
      {
        kind: 'up',
        group: 'g',
        hosts: ['m1'],
        shares: [
          { from: '/a', to: '/b' },
          { from: '/c', to: '/d' },
        ],
        withKubernetes: true,
        network: '10.0.9.0/24',
        folder: '/f',
      },
    ],
    ['down', { kind: 'down', group: 'dev' }],
    ['ls', { kind: 'ls' }],
    [
      'exec n1 --user nobody -- ls --all',
      { kind: 'exec', group: 'dev', host: 'n1', user: 'nobody', words: ['ls', '--all'] },
    ],
    ['kill n1', { kind: 'power', group: 'dev', host: 'n1', action: 'kill' }],
    ['reconnect n1 --group g', { kind: 'power', group: 'g', host: 'n1', action: 'reconnect' }],
  ];
  for (const [line, command] of table) assert.deepEqual(parseCommand(line.split(' ')), command, line);
});

test('anything else is told, with the usage', () => {
  for (const line of [
    '',
    'up',
    'down m1',
    'ls m1',
    'exec n1',
    'exec',
    'kill',
    'kill n1 n2',
    'explode n1',
    'up m1 --share /a',
    'up m1 --share a:b',
    'up m1 --share /a:/b:/c',
    'up m1 --fast',
  ]) {
    assert.throws(
      () => parseCommand(line.split(' ').filter((word) => word !== '')),
      (error: { code?: string; details?: { cure?: string } }) =>
        error.code === 'INVALID_INPUT' && error.details?.cure?.startsWith('usage: ') === true,
      line,
    );
  }
});
