import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { ComponentSpec } from '@easycerts/cluster';
import { specOf } from '../../test/specs.ts';
import { Observer } from './observer.ts';

let base: string;
let spec: ComponentSpec;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'observer-'));
  spec = specOf('a', {
    files: [{ path: join(base, 'file'), onChange: 'restart' }],
    certificates: [{ name: 'set', directory: join(base, 'set'), onLeafChange: 'none', onBundleChange: 'none' }],
  });
});
afterEach(() => rmSync(base, { recursive: true }));

function deliver(version: string, files: Readonly<Record<string, string>> = {}): void {
  const target = join(base, `.sets-${version}`);
  mkdirSync(target, { recursive: true });
  const contents = { 'tls.crt': 'leaf', 'tls.key': 'key', 'ca.crt': 'ca', ...files };
  for (const [name, content] of Object.entries(contents)) writeFileSync(join(target, name), content);
  symlinkSync(target, join(base, 'set.new'));
  renameSync(join(base, 'set.new'), join(base, 'set'));
}

describe('Observer', () => {
  it('leaves out what is not there', () => {
    const { fingerprint, serials } = new Observer().observe(spec);
    assert.deepEqual([fingerprint.files, fingerprint.certificates, serials], [{}, {}, {}]);
  });

  it('sees what comes, what changes and what goes', () => {
    const observer = new Observer();
    writeFileSync(join(base, 'file'), 'one');
    const one = observer.observe(spec).fingerprint.files;
    writeFileSync(join(base, 'file'), 'other');
    const other = observer.observe(spec).fingerprint.files;
    rmSync(join(base, 'file'));
    assert.ok(Object.values(one)[0] !== undefined && Object.values(one)[0] !== Object.values(other)[0]);
    assert.deepEqual(observer.observe(spec).fingerprint.files, {});
  });

  it('tells a changed leaf from a changed bundle', () => {
    const observer = new Observer();
    const look = () => observer.observe(spec).fingerprint.certificates.set;
    deliver('1');
    const first = look();
    deliver('2', { 'tls.crt': 'leaf 2' });
    const second = look();
    deliver('3', { 'tls.crt': 'leaf 2', 'ca.crt': 'ca 2' });
    const third = look();
    assert.ok(first !== undefined && second !== undefined && third !== undefined);
    assert.ok(first.leaf !== second.leaf && first.bundle === second.bundle);
    assert.ok(second.leaf === third.leaf && second.bundle !== third.bundle);
  });

  it('counts a changed key as a changed leaf, and an equal set elsewhere as the same', () => {
    const observer = new Observer();
    const look = () => observer.observe(spec).fingerprint.certificates.set;
    deliver('1');
    const first = look();
    deliver('2');
    assert.deepEqual(look(), first);
    deliver('3', { 'tls.key': 'key 2' });
    assert.notEqual(look()?.leaf, first?.leaf);
  });

  it('counts a set with a missing file as missing', () => {
    deliver('1');
    rmSync(join(base, '.sets-1', 'ca.crt'));
    assert.deepEqual(new Observer().observe(spec).fingerprint.certificates, {});
  });

  it('does not stumble over a folder in place of a file', () => {
    mkdirSync(join(base, 'file'));
    assert.deepEqual(new Observer().observe(spec).fingerprint.files, {});
  });

  it('knows when an input last changed, also when an older file or set is put into its place', async () => {
    const observer = new Observer();
    writeFileSync(join(base, 'file'), 'one');
    writeFileSync(join(base, 'file.new'), 'two');
    deliver('1');
    const first = observer.lastChangeMs(spec);
    await delay(15);
    renameSync(join(base, 'file.new'), join(base, 'file'));
    const second = observer.lastChangeMs(spec);
    await delay(15);
    symlinkSync(join(base, '.sets-1'), join(base, 'set.new'));
    renameSync(join(base, 'set.new'), join(base, 'set'));
    assert.ok(first < second && second < observer.lastChangeMs(spec));
  });

  it('counts an input that is not there as one that may change any moment', () => {
    assert.equal(new Observer().lastChangeMs(spec), Number.POSITIVE_INFINITY);
    assert.equal(new Observer().lastChangeMs(specOf('b')), 0);
  });
});
