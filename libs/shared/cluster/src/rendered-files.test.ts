import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pathsUnder } from './paths.ts';
import { manifestOf, renderedFilesIn } from './rendered-files.ts';

const paths = pathsUnder('/r');
const removed = (...files: readonly unknown[]): readonly string[] => renderedFilesIn(JSON.stringify({ files }), paths);

describe('the files that config-renderer has made', () => {
  test('are what config-renderer made, where it makes files', () => {
    const made = [
      '/r/etc/easycerts/certmgr.d/kubelet.json',
      '/r/etc/kubernetes/kubelet.yaml',
      '/r/etc/systemd/system/kubelet.service',
      '/r/etc/cni/net.d/10-easycerts.conflist',
    ];
    assert.deepEqual(removed(...made), made);
    const { content } = manifestOf(
      made.map((path) => ({ path })),
      paths,
    );
    assert.deepEqual(renderedFilesIn(content, paths), [...made].sort());
  });

  for (const [name, path] of [
    ['a file elsewhere', '/r/etc/passwd'],
    ['a way out of the folder', '/r/etc/kubernetes/../passwd'],
    ['a folder of a similar name', '/r/etc/kubernetes2/x'],
    ['the folder itself', '/r/etc/kubernetes'],
    ['a relative path', 'etc/kubernetes/x'],
    ['the configuration that people wrote', '/r/etc/easycerts/cluster.yaml'],
    ['what people say about this host', '/r/etc/easycerts/node.yaml'],
    ['what the installation knows about itself', '/r/etc/easycerts/overlay.yaml'],
    ['the configuration that the master gave', paths.receivedConfig],
    ['an empty segment', '/r/etc/kubernetes//x'],
    ['a folder with a slash', '/r/etc/kubernetes/'],
    ['something that is no path', 7],
  ] as const) {
    test(`${name} is never removed`, () => assert.deepEqual(removed(path), []));
  }

  test('of a damaged manifest there are none', () => {
    for (const text of ['', '{', '[]', '{"files":7}', 'null']) assert.deepEqual(renderedFilesIn(text, paths), []);
  });
});
