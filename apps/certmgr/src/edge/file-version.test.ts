import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { isSameVersion, versionOfFile, versionOfFiles } from './file-version.ts';

describe('the version of a file', () => {
  const changes: Readonly<Record<string, (path: string) => void>> = {
    'other content of the same length, and its old mtime': (path) => {
      const { atime, mtime } = statSync(path);
      writeFileSync(path, 'two');
      utimesSync(path, atime, mtime);
    },
    'another length': (path) => writeFileSync(path, 'longer'),
    'another mode': (path) => chmodSync(path, 0o640),
    'another file in its place': (path) => {
      writeFileSync(`${path}.new`, 'one');
      renameSync(`${path}.new`, path);
    },
  };

  for (const [name, change] of Object.entries(changes)) {
    test(`differs after ${name}`, (t) => {
      const folder = mkdtempSync(join(tmpdir(), 'easycerts-version-'));
      t.after(() => rmSync(folder, { recursive: true }));
      const path = `${folder}/file`;
      writeFileSync(path, 'one', { mode: 0o600 });
      const before = statSync(path);
      assert.ok(isSameVersion(versionOfFile(before), versionOfFile(statSync(path))));
      // The kernel's clock ticks every few milliseconds
      while (statSync(path).ctimeMs === before.ctimeMs) change(path);
      assert.ok(!isSameVersion(versionOfFile(before), versionOfFile(statSync(path))));
      assert.ok(!isSameVersion(versionOfFiles(before, before), versionOfFiles(before, statSync(path))));
    });
  }

  test('differs when a file has gone or come', () => {
    const status = statSync(import.meta.filename);
    assert.ok(!isSameVersion(versionOfFiles(status, undefined, status), versionOfFiles(status, status, status)));
    assert.ok(isSameVersion(versionOfFiles(status, undefined), versionOfFiles(status)));
  });
});
