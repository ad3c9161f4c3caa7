import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Group, groups, isGroup, planOf } from './groups.ts';

const names = (group: Group): readonly string[] => planOf(group).binaries.map((binary) => binary.name);

test('bus is nats-server alone', () => {
  assert.deepEqual(names('bus'), ['nats-server']);
  assert.deepEqual({ ...planOf('bus'), binaries: [] }, { binaries: [], packages: [], tools: [], images: [] });
});

test('a control plane needs no root: no packages, tools or images', () => {
  const plan = planOf('control-plane');
  assert.deepEqual({ ...plan, binaries: [] }, { binaries: [], packages: [], tools: [], images: [] });
  for (const name of ['etcd', 'etcdctl', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl']) {
    assert.ok(names('control-plane').includes(name as never), name);
  }
  assert.ok(!names('control-plane').includes('kubelet'));
});

test('a node has what runs pods, and the two images a first cluster needs', () => {
  const plan = planOf('node');
  assert.deepEqual(plan.images, ['pause', 'coredns']);
  assert.deepEqual(
    plan.packages.map((one) => one.name),
    ['containerd', 'runc', 'containernetworking-plugins', 'tini'],
  );
  for (const name of ['kubelet', 'kube-proxy', 'flanneld', 'coredns', 'pause']) assert.ok(names('node').includes(name));
});

test('each group contains the one before it, and all has everything once', () => {
  for (const [index, group] of groups.entries()) {
    const before = groups[index - 1];
    if (before !== undefined)
      for (const name of names(before)) assert.ok(names(group).includes(name), `${group} ${name}`);
  }
  const all = [...names('all'), ...planOf('all').packages.flatMap((one) => one.binaries.map((binary) => binary.name))];
  assert.equal(new Set(all).size, all.length);
  assert.deepEqual(planOf('all').images, ['pause', 'coredns', 'busybox']);
});

test('every image is made of a program of its own group', () => {
  for (const group of groups) {
    const plan = planOf(group);
    const inGroup = [...names(group), ...plan.packages.flatMap((one) => one.binaries.map((binary) => binary.name))];
    for (const image of plan.images) assert.ok(inGroup.includes(image), `${group} ${image}`);
  }
});

test('a group is known by its name', () => {
  assert.ok(isGroup('node'));
  assert.ok(!isGroup('nodes'));
});
