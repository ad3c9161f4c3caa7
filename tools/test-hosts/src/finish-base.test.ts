import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { addedEntries, removedPaths } from './base-recipe.ts';
import { finishBase } from './finish-base.ts';

test('what is one host’s goes, what every host has comes, and links out of the root are not followed', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'easycerts-base-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const root = join(folder, 'root');
  for (const path of removedPaths) {
    const file = join(root, path.replace(/\*$/, 'old'));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, 'old');
  }
  const outside = join(folder, 'outside');
  writeFileSync(outside, 'precious');
  symlinkSync(outside, join(root, 'etc/machine-id'));
  await finishBase(root);
  for (const path of removedPaths) assert.ok(!existsSync(join(root, path.replace(/\*$/, 'old'))), path);
  assert.ok(existsSync(join(root, 'var/log')), 'a folder that is emptied stays');
  for (const entry of addedEntries) {
    const path = join(root, entry.path);
    if (entry.kind === 'link') assert.equal(readlinkSync(path), entry.target);
    else assert.equal(readFileSync(path, 'utf8'), entry.content);
  }
  assert.equal(readFileSync(outside, 'utf8'), 'precious');
});
