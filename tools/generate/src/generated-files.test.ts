import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { freshen, generateAll, staleFiles } from './generated-files.ts';
import { readWorkspaceFacts, workspaceRoot } from './workspace.ts';

test('missing, different and left over files are told apart, and freshen mends them all', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'easycerts-generate-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  await mkdir(join(root, 'docs/schemas/events'), { recursive: true });
  await writeFile(join(root, 'docs/schemas/events/same.json'), '{}\n');
  await writeFile(join(root, 'docs/schemas/events/changed.json'), '{"by": "hand"}\n');
  await writeFile(join(root, 'docs/schemas/events/gone.json'), '{}\n');
  await writeFile(join(root, 'docs/by-hand.md'), 'not generated\n');
  const generated = new Map([
    ['docs/schemas/events/same.json', '{}\n'],
    ['docs/schemas/events/changed.json', '{}\n'],
    ['docs/new.md', 'new\n'],
  ]);
  const expected = [
    { path: 'docs/schemas/events/changed.json', is: 'different' },
    { path: 'docs/new.md', is: 'missing' },
    { path: 'docs/schemas/events/gone.json', is: 'left over' },
  ];

  assert.deepEqual(await staleFiles(root, generated), expected);
  assert.deepEqual(await freshen(root, generated), expected);
  assert.deepEqual(await staleFiles(root, generated), []);
  assert.equal(await readFile(join(root, 'docs/by-hand.md'), 'utf8'), 'not generated\n');
});

test('the generated files cover code and documents', async () => {
  const paths = [...(await generateAll(workspaceRoot)).keys()];
  for (const part of ['src/generated/', 'docs/events.md', 'docs/schemas/events/host.ready.json', 'docs/config/']) {
    assert.ok(
      paths.some((path) => path.includes(part)),
      part,
    );
  }
});

test('the version is a semantic version', () => {
  assert.match(readWorkspaceFacts(workspaceRoot).version, /^\d+\.\d+\.\d+$/);
});
