import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { specOf } from '../../test/specs.ts';
import { parseComponent } from './component-schema.ts';

const valid = specOf('etcd', {
  files: [{ path: '/f', onChange: 'reload' }],
  certificates: [{ name: 'etcd', directory: '/s/etcd', onLeafChange: 'none', onBundleChange: 'restart' }],
  directories: [{ path: '/d', owner: 'etcd', group: 'etcd', mode: 0o700 }],
  reloadSignal: 'SIGHUP',
});

describe('parseComponent', () => {
  it('gives back a valid spec', () => {
    assert.deepEqual(parseComponent(JSON.stringify(valid), 'etcd'), { kind: 'component', spec: valid });
  });

  for (const health of [
    {
      kind: 'https',
      url: 'https://127.0.0.1:6443/readyz',
      caFile: '/ca',
      certFile: '/c',
      keyFile: '/k',
      serverName: 'x',
    },
    { kind: 'https', url: 'https://[::1]:10257/healthz' },
    { kind: 'http', url: 'http://127.0.0.1:10248/healthz' },
    { kind: 'socket', path: '/run/x.sock' },
    { kind: 'cri', path: '/run/containerd.sock' },
    { kind: 'tcp', host: '127.0.0.1', port: 4222 },
    { kind: 'running' },
    { kind: 'file', path: '/run/flannel/subnet.env' },
  ] as const) {
    it(`knows the health check ${health.kind} ${'caFile' in health ? 'with a CA' : ''}`, () => {
      const spec = { ...valid, health };
      assert.deepEqual(parseComponent(JSON.stringify(spec), 'etcd'), { kind: 'component', spec });
    });
  }

  it('passes over keys of a newer config-renderer', () => {
    assert.deepEqual(parseComponent(JSON.stringify({ ...valid, later: 1 }), 'etcd'), {
      kind: 'component',
      spec: valid,
    });
  });

  for (const [rule, content, expected] of [
    ['what is not JSON', '{', 'not JSON'],
    ['an empty file', '', 'not JSON'],
    ['null', 'null', '(file)'],
    ['a missing key', JSON.stringify({ ...valid, argv: undefined }), 'argv'],
    ['another unit than the file name says', JSON.stringify({ ...valid, unit: 'other' }), 'unit: is other'],
    ['a unit that leaves its folder', JSON.stringify({ ...valid, unit: '../etcd' }), 'unit'],
    ['a component that there is not', JSON.stringify({ ...valid, component: 'dns' }), 'component'],
    ['no program', JSON.stringify({ ...valid, argv: [] }), 'argv'],
    ['a program without its path', JSON.stringify({ ...valid, argv: ['etcd'] }), 'argv'],
    ['a zero byte in an argument', JSON.stringify({ ...valid, argv: ['/bin/etcd', 'a\0b'] }), 'argv.1'],
    ['an environment name with =', JSON.stringify({ ...valid, env: { 'A=B': 'c' } }), 'env'],
    ['an environment value that is no text', JSON.stringify({ ...valid, env: { A: 1 } }), 'env.A'],
    ['a relative file', JSON.stringify({ ...valid, files: [{ path: 'x', onChange: 'none' }] }), 'files.0.path'],
    [
      'an unknown word for what to do',
      JSON.stringify({ ...valid, files: [{ path: '/x', onChange: 'reboot' }] }),
      'files.0.onChange',
    ],
    [
      'a mode that is none',
      JSON.stringify({ ...valid, directories: [{ path: '/d', owner: 'a', group: 'a', mode: 70000 }] }),
      'directories.0.mode',
    ],
    [
      'a health check over another protocol',
      JSON.stringify({ ...valid, health: { kind: 'http', url: 'file:///etc/passwd' } }),
      'health',
    ],
    ['a health check of an unknown kind', JSON.stringify({ ...valid, health: { kind: 'exec' } }), 'health'],
    ['another reload signal', JSON.stringify({ ...valid, reloadSignal: 'SIGKILL' }), 'reloadSignal'],
    ['a time limit of nothing', JSON.stringify({ ...valid, startTimeoutMs: 0 }), 'startTimeoutMs'],
    ['a unit that waits for itself', JSON.stringify({ ...valid, startAfter: ['etcd'] }), 'startAfter'],
  ] as const) {
    it(`refuses ${rule}, naming the key`, () => {
      const parsed = parseComponent(content, 'etcd');
      assert.ok(parsed.kind === 'problem' && parsed.message.includes(expected), JSON.stringify(parsed));
    });
  }
});
