import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mountsBelow } from './mounts-below.ts';

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
