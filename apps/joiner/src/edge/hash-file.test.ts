import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { hashOf } from '../core/fingerprint.ts';
import { hashOfFile } from './hash-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'hash-file-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, 'file');

for (const size of [0, 1, 65_535, 65_536, 65_537, 200_000]) {
  test(`the hash of ${size} bytes is that of the whole`, () => {
    const contents = Buffer.from(Array.from({ length: size }, (_, index) => index % 251));
    writeFileSync(path, contents);
    assert.equal(hashOfFile(path), hashOf(contents));
  });
}

test('a file that is not there is an error, and a folder too', () => {
  assert.throws(() => hashOfFile(join(folder, 'none')), { code: 'ENOENT' });
  assert.throws(() => hashOfFile(folder), { code: 'EISDIR' });
});

test('an archive of 256 MiB is never in memory', () => {
  writeFileSync(path, '');
  truncateSync(path, 256 * 2 ** 20);
  const beforeKiB = process.resourceUsage().maxRSS;
  hashOfFile(path);
  const grownKiB = process.resourceUsage().maxRSS - beforeKiB;
  assert.ok(grownKiB < 32 * 1024, `${grownKiB} KiB`);
});
