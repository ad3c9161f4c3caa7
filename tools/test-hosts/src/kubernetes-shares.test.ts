import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kubernetesShares } from './kubernetes-shares.ts';

test('programs and images lie where a host looks for them', () => {
  const image = (name: string) => ({ ref: name, archive: `/cache/images/${name}.tar` });
  const images = { pause: image('pause'), coredns: image('coredns') };
  assert.deepEqual(kubernetesShares({ binDir: '/cache/bin', images }), [
    { from: '/cache/bin', to: '/opt/kubernetes/bin' },
    { from: '/cache/images', to: '/opt/kubernetes/images' },
  ]);
});
