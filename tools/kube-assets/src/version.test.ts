import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareVersions, describeRule, formatVersion, isUsable, parseVersion } from './version.ts';

test('a version is read from what programs say', () => {
  const table: [string, string | undefined][] = [
    ['Kubernetes v1.36.3', '1.36.3'],
    ['etcd Version: 3.6.6\nGit SHA: Not provided', '3.6.6'],
    ['nats-server: v2.15.2', '2.15.2'],
    ['containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1', '1.6.20'],
    ['runc version 1.1.5+ds1', '1.1.5'],
    ['CoreDNS-1.15.0\nlinux/amd64, go1.26.8', '1.15.0'],
    ['go1.26', '1.26.0'],
    ['development', undefined],
    ['', undefined],
  ];
  for (const [text, expected] of table) {
    const version = parseVersion(text);
    assert.equal(version === undefined ? undefined : formatVersion(version), expected, text);
  }
});

test('versions compare by number, not by text', () => {
  const compare = (a: string, b: string): number => {
    const [left, right] = [parseVersion(a), parseVersion(b)];
    assert.ok(left && right);
    return Math.sign(compareVersions(left, right));
  };
  assert.equal(compare('1.9.0', '1.10.0'), -1);
  assert.equal(compare('2.0.0', '1.99.99'), 1);
  assert.equal(compare('1.36.3', '1.36.3'), 0);
});

test('same-minor accepts another patch and nothing else', () => {
  const rule = { kind: 'same-minor' } as const;
  const table: [string, boolean][] = [
    ['1.36.0', true],
    ['1.36.99', true],
    ['1.35.3', false],
    ['1.37.3', false],
    ['2.36.3', false],
    ['unknown', false],
  ];
  for (const [found, expected] of table) assert.equal(isUsable(parseVersion(found), '1.36.3', rule), expected, found);
});

test('at-least accepts anything newer, any accepts even an unreadable version', () => {
  const rule = { kind: 'at-least', version: '2.12.0' } as const;
  assert.equal(isUsable(parseVersion('2.12.0'), '2.15.2', rule), true);
  assert.equal(isUsable(parseVersion('3.0.0'), '2.15.2', rule), true);
  assert.equal(isUsable(parseVersion('2.11.9'), '2.15.2', rule), false);
  assert.equal(isUsable(undefined, '2.15.2', { kind: 'any' }), true);
});

test('a rule is told in words', () => {
  assert.equal(describeRule('1.36.3', { kind: 'same-minor' }), '1.36.x');
  assert.equal(describeRule('2.15.2', { kind: 'at-least', version: '2.12.0' }), '2.12.0 or newer');
  assert.equal(describeRule('', { kind: 'any' }), 'any version');
});
