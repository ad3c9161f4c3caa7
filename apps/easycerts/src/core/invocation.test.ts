import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readInvocation } from './invocation.ts';

const known = {
  links: { ca: ['ca'], certmgr: ['certmgr'], 'node-join': ['joiner', 'node-join'] },
  commands: ['ca', 'certmgr', 'up'],
};
const cases: readonly [string, readonly string[], object][] = [
  ['called through a link', ['node', '/usr/bin/ca', 'run'], { kind: 'link', path: ['ca'] }],
  ['called through a link with a relative path', ['node', './certmgr'], { kind: 'link', path: ['certmgr'] }],
  ['a link to a command of a command', ['node', '/usr/bin/node-join'], { kind: 'link', path: ['joiner', 'node-join'] }],
  ['a name that every object has is no link', ['node', '/usr/bin/constructor'], { kind: 'none' }],
  ['first word', ['node', 'main.ts', 'ca', 'run'], { kind: 'word', command: 'ca' }],
  ['first word after options', ['node', 'main.ts', '--json', '--root', '/x', 'ca'], { kind: 'word', command: 'ca' }],
  ['an option’s value is no command', ['node', 'main.ts', '--root', 'ca', 'up'], { kind: 'word', command: 'up' }],
  ['an option’s value after `=`', ['node', 'main.ts', '--root=/x', 'ca'], { kind: 'word', command: 'ca' }],
  ['a later word is an argument', ['node', 'main.ts', 'up', 'ca'], { kind: 'word', command: 'up' }],
  ['a command that is no service has no link', ['node', '/usr/bin/up'], { kind: 'none' }],
  ['an unknown word', ['node', 'main.ts', 'c'], { kind: 'none' }],
  ['what stands behind `--` belongs to others', ['node', 'main.ts', '--', 'ca'], { kind: 'none' }],
  ['nothing', ['node'], { kind: 'none' }],
];
for (const [name, argv, expected] of cases) test(name, () => assert.deepEqual(readInvocation(argv, known), expected));
