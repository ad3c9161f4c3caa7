import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addedEntries, baseName, basePackages, phaseOf } from './base-recipe.ts';

test('a base has neither Node.js nor anything of ours', () => {
  const words = [...basePackages, ...addedEntries.map(({ path }) => path)];
  for (const word of words) assert.doesNotMatch(word, /node|npm|easycerts|kube/);
});

test('every package is named once', () => {
  assert.equal(new Set(basePackages).size, basePackages.length);
});

test('the name of a base changes with release and architecture, and with nothing else', () => {
  assert.match(baseName('bookworm', 'x64'), /^bookworm-[0-9a-f]{12}$/);
  assert.equal(baseName('bookworm', 'x64'), baseName('bookworm', 'x64'));
  assert.notEqual(baseName('bookworm', 'x64'), baseName('bookworm', 'arm64'));
  assert.notEqual(baseName('bookworm', 'x64').slice(9), baseName('trixie', 'x64').slice(7));
});

test('the lines of debootstrap become phases', () => {
  const table: [string, string | undefined][] = [
    ['I: Retrieving InRelease ', 'reading what the mirror has'],
    ['I: Retrieving adduser 3.134', 'downloading packages'],
    ['I: Validating adduser 3.134', undefined],
    ['I: Extracting libc6...', 'extracting packages'],
    ['I: Unpacking required packages...', 'installing the required packages'],
    ['I: Configuring the base system...', 'installing the other packages'],
    ['I: Configuring dbus...', undefined],
  ];
  for (const [line, phase] of table) assert.equal(phaseOf(line), phase, line);
});
