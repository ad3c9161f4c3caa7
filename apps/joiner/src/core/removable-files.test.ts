import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pathsUnder } from '@easycerts/cluster';
import { mountsBelow, removableFiles } from './removable-files.ts';

const paths = pathsUnder('/r');
const removed = (...files: readonly unknown[]): readonly string[] => removableFiles(JSON.stringify({ files }), paths);

describe('removableFiles', () => {
  test('are what config-renderer made, where it makes files', () => {
    const made = [
      '/r/etc/easycerts/certmgr.d/kubelet.json',
      '/r/etc/kubernetes/kubelet.yaml',
      '/r/etc/systemd/system/kubelet.service',
      '/r/etc/cni/net.d/10-easycerts.conflist',
    ];
    assert.deepEqual(removed(...made), made);
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
    ['something that is no path', 7],
  ] as const) {
    test(`${name} is never removed`, () => assert.deepEqual(removed(path), []));
  }

  test('of a damaged manifest there are none', () => {
    for (const text of ['', '{', '[]', '{"files":7}', 'null']) assert.deepEqual(removableFiles(text, paths), []);
  });
});

describe('mountsBelow', () => {
  test('gives the innermost first, and nothing beside the folder', () => {
    const points = [
      '/',
      '/var/lib/kubelet',
      '/var/lib/kubelet/pods/x',
      '/var/lib/kubelet2',
      '/var/lib/kubelet/pods/x/volumes/y',
    ];
    assert.deepEqual(mountsBelow('/var/lib/kubelet', points), [
      '/var/lib/kubelet/pods/x/volumes/y',
      '/var/lib/kubelet/pods/x',
      '/var/lib/kubelet',
    ]);
  });
});
