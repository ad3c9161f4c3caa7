import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkHostNames, groupNames, isNamespaceOf } from './group-names.ts';

test('everything of a group has the group in its name', () => {
  const names = groupNames('e2e-1');
  assert.equal(names.cgroup, 'easycerts-hosts-e2e-1');
  assert.equal(names.switchNamespace, 'ec.e2e-1');
  assert.equal(names.hostNamespace('m1'), 'ec.e2e-1.m1');
  assert.equal(names.record, '/run/easycerts-hosts/e2e-1.json');
});

test('namespaces of other groups and of others are not ours', () => {
  const own = groupNames('a');
  for (const name of [own.switchNamespace, own.hostNamespace('m1'), own.hostNamespace('m-1')]) {
    assert.ok(isNamespaceOf('a', name), name);
  }
  const other = groupNames('a-b');
  for (const name of [other.switchNamespace, other.hostNamespace('m1'), 'cni-a', 'ec', 'a', 'xec.a', 'ec.ab']) {
    assert.ok(!isNamespaceOf('a', name), name);
  }
});

test('a name that could leave its folder, or be another’s, is refused', () => {
  for (const name of ['', '.', '..', 'a/b', 'a.b', 'A', '-a', 'a-', 'a b', '$(id)', 'ä', 'a\n', 'a'.repeat(25)]) {
    assert.throws(() => groupNames(name), { code: 'INVALID_INPUT' }, JSON.stringify(name));
    assert.throws(() => checkHostNames([name]), { code: 'INVALID_INPUT' }, JSON.stringify(name));
  }
  for (const name of ['a', '1', 'm-1', 'a'.repeat(24)]) checkHostNames([name]);
});

test('hosts have different names, and there is one', () => {
  assert.throws(() => checkHostNames([]), { code: 'INVALID_INPUT' });
  assert.throws(() => checkHostNames(['m1', 'n1', 'm1']), { code: 'INVALID_INPUT' });
});
