import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imagePath, insidePaths, planPrograms } from './programs-plan.ts';

const valid = {
  nodeExecutable: '/home/me/node/bin/node',
  repository: '/home/me/easycerts',
  dataDirectory: '/home/me/easycerts/.easycerts',
  binDirectory: '/home/me/.cache/easycerts/bin',
  cniDirectory: '/usr/lib/cni',
  images: ['/home/me/.cache/easycerts/images/pause.tar'],
};

test('every program is shown in its place, for reading only', () => {
  const { mounts } = planPrograms(valid);
  const shown = new Map(mounts.map(({ source, target }) => [target, source]));
  assert.equal(shown.get(insidePaths.node), valid.nodeExecutable);
  assert.equal(shown.get(insidePaths.app), valid.repository);
  assert.equal(shown.get(insidePaths.bin), valid.binDirectory);
  assert.equal(shown.get(insidePaths.cniBin), valid.cniDirectory);
  assert.equal(shown.get(imagePath('/anywhere/pause.tar')), valid.images[0]);
  assert.ok(mounts.every(({ options }) => options.includes('ro')));
});

test('every mount has a place to be mounted on', () => {
  const { entries, mounts } = planPrograms(valid);
  const made = new Set(entries.map(({ path }) => path));
  for (const { target } of mounts) assert.ok(made.has(target) || target.startsWith(`${insidePaths.app}/`), target);
});

test('the data directory is not seen in the repository, from where a pod could read every key', () => {
  const hidden = planPrograms(valid).mounts.find(({ target }) => target === `${insidePaths.app}/.easycerts`);
  assert.equal(hidden?.fromInside, true);
});

test('a data directory elsewhere needs no hiding, a neighbour’s name is no child', () => {
  for (const dataDirectory of ['/srv/data', '/home/me/easycerts-data'])
    assert.ok(planPrograms({ ...valid, dataDirectory }).mounts.every(({ fromInside }) => fromInside !== true));
});

test('our own commands can be called by their names', () => {
  const scripts = planPrograms(valid).entries.filter(({ path }) => path.startsWith(`${insidePaths.commands}/`));
  const certmgr = scripts.find(({ path }) => path.endsWith('/certmgr'));
  assert.ok(certmgr?.kind === 'file' && certmgr.mode === 0o755);
  assert.match(certmgr.content, /^#!\/bin\/sh\nexec \S+node \S+main\.ts certmgr "\$@"\n$/);
});

test('libraries that the machine lacks are shown when there are some', () => {
  const targets = (facts: Parameters<typeof planPrograms>[0]): readonly string[] =>
    planPrograms(facts).mounts.map(({ target }) => target);
  assert.ok(!targets(valid).includes(insidePaths.libraries));
  assert.ok(targets({ ...valid, libraryDirectory: '/home/me/.cache/easycerts/lib' }).includes(insidePaths.libraries));
});
