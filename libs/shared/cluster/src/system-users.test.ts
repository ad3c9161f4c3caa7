import assert from 'node:assert/strict';
import { test } from 'node:test';
import { certificateList } from './cert-list.ts';
import { packagedDirectories } from './components/packaged-units.ts';
import { systemUsers } from './system-users.ts';

const known = new Set<string>(['root', ...systemUsers.map(({ name }) => name)]);

test('every owner of a certificate is a user that the package makes', () => {
  for (const { name, owner } of certificateList) assert.ok(known.has(owner), `${name}: ${owner}`);
});

test('every owner of a folder of the package is a user that the package makes', () => {
  for (const { path, owner, group } of packagedDirectories()) assert.ok(known.has(owner) && known.has(group), path);
});

test('names are such as every tool accepts', () => {
  for (const { name } of systemUsers) assert.match(name, /^[a-z][a-z0-9-]{0,30}$/);
});
