import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { hourMs, minuteMs } from '@easycerts/core';
import { type CfsslSpec, filesOfSpec, type SpecDefaults } from './cfssl-spec.ts';
import { resolveCertmgrConfig } from './config-file.ts';
import { parseCfsslSpec } from './spec-file-schema.ts';

const vectors = new URL('../../../../../vectors/certmgr-specs/nixos/', import.meta.url).pathname;
const defaults: SpecDefaults = {
  remote: 'ca.example:8888',
  serviceManager: 'systemd',
  onlyIfRunning: false,
  beforeMs: 72 * hourMs,
  intervalMs: hourMs,
  intervalSplayMs: 0,
  initialSplayMs: 0,
};

type Json = Record<string, unknown>;
const whole: Json = {
  service: 'nginx',
  action: 'restart',
  svcmgr: 'systemd',
  take_actions_only_if_running: true,
  request: {
    CN: 'www.example.net',
    hosts: ['example.net', 'www.example.net', '10.0.0.1', 'root@example.net', 'system:x'],
    key: { algo: 'ecdsa', size: 521 },
    names: [{ C: 'US', ST: 'CA', L: 'San Francisco', O: 'Example, LLC', OU: 'Web' }],
  },
  private_key: { path: '/etc/ssl/www.key', owner: 'www-data', group: 'www-data', mode: '0640' },
  certificate: { path: '/etc/ssl/www.pem' },
  ca: { path: '/etc/ssl/ca.pem', mode: '0444' },
  authority: {
    remote: 'https://m1:8888,https://m2:8888',
    auth_key: '0011',
    auth_key_file: '/etc/key',
    label: 'www',
    profile: 'web',
    root_ca: '/etc/root.pem',
    name: 'unused',
  },
  before: '48h',
  interval: '30m',
  interval_splay: '5m',
  initial_splay: '1m',
  key_usages: ['Server Auth', 'client auth'],
};

function parse(value: Json | string, format: 'json' | 'yaml' = 'json', more: Partial<SpecDefaults> = {}) {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return parseCfsslSpec(text, { name: 'x', format, defaults: { ...defaults, ...more } });
}

function specOf(value: Json | string, format: 'json' | 'yaml' = 'json', more: Partial<SpecDefaults> = {}): CfsslSpec {
  const parsed = parse(value, format, more);
  assert.equal(parsed.kind, 'spec', JSON.stringify(parsed));
  return parsed.kind === 'spec' ? parsed.spec : assert.fail();
}

function problemPaths(value: Json | string, format: 'json' | 'yaml' = 'json', more: Partial<SpecDefaults> = {}) {
  const parsed = parse(value, format, more);
  return parsed.kind === 'spec' ? [] : parsed.problems.map(({ path }) => path);
}

describe('a spec file', () => {
  test('gives every field', () => {
    const spec = specOf(whole);
    assert.deepEqual(spec.authority, {
      remotes: ['https://m1:8888', 'https://m2:8888'],
      label: 'www',
      profile: 'web',
      rootCa: '/etc/root.pem',
      authKey: { kind: 'file', path: '/etc/key' },
    });
    assert.deepEqual(
      spec.keyPair?.request.subject.map(({ value }) => value),
      ['US', 'Example, LLC', 'Web', 'San Francisco', 'CA', 'www.example.net'],
    );
    assert.deepEqual(spec.keyPair?.request.names, {
      dns: ['example.net', 'www.example.net'],
      ip: ['10.0.0.1'],
      email: ['root@example.net'],
      uri: ['system:x'],
    });
    assert.equal(spec.keyPair?.request.keyKind, 'ecdsa-521');
    assert.deepEqual(filesOfSpec(spec), [
      { path: '/etc/ssl/www.pem', mode: 0o644 },
      { path: '/etc/ssl/www.key', owner: 'www-data', group: 'www-data', mode: 0o640 },
      { path: '/etc/ssl/ca.pem', mode: 0o444 },
    ]);
    assert.deepEqual(spec.action, {
      kind: 'service',
      manager: 'systemd',
      action: 'restart',
      service: 'nginx',
      onlyIfRunning: true,
    });
    const { beforeMs, intervalMs, intervalSplayMs, initialSplayMs, keyUsages } = spec;
    assert.deepEqual(
      [beforeMs, intervalMs, intervalSplayMs, initialSplayMs, keyUsages],
      [48 * hourMs, 30 * minuteMs, 5 * minuteMs, minuteMs, ['server auth', 'client auth']],
    );
  });

  test('is the same in YAML', () => {
    assert.deepEqual(specOf(JSON.stringify(whole), 'yaml'), specOf(whole));
    const mode = 'authority: {remote: "a:1"}\nca: {path: /a, mode: 0640}\n';
    assert.equal(specOf(mode, 'yaml').ca?.mode, 0o640, 'an octal number of YAML 1.1');
  });

  test('may leave out and null everything that has a default', () => {
    const spec = specOf({ service: null, action: null, key_usages: null, certificate: null, ca: { path: '/ca.pem' } });
    assert.deepEqual([spec.keyPair, spec.action, spec.keyUsages], [undefined, undefined, undefined]);
    assert.deepEqual(spec.authority, { remotes: ['http://ca.example:8888'], label: '', profile: '' });
    const key = specOf({ ...whole, private_key: { path: '/k' }, request: { CN: 'a' } }).keyPair;
    assert.equal(key?.privateKey.mode, 0o600, 'a key is nobody else’s business');
    assert.equal(key?.request.keyKind, 'ecdsa-256');
  });

  test('may name the CA file where certmgr 1 had it, and keys in any case as Go reads JSON', () => {
    assert.equal(specOf({ authority: { remote: 'a:1', file: { path: '/ca' } } }).ca?.path, '/ca');
    assert.equal(specOf({ CA: { Path: '/ca' }, Authority: { Remote: 'a:1' } }).ca?.path, '/ca');
  });

  test('finds its servers as cfssl’s client does', () => {
    const remotesOf = (remote: string, more: Json = {}) =>
      specOf({ ca: { path: '/ca' }, authority: { remote, ...more } }).authority.remotes;
    assert.deepEqual(remotesOf('ca.example.net:9999'), ['http://ca.example.net:9999']);
    assert.deepEqual(remotesOf('ca.example.net'), ['http://ca.example.net:8888']);
    assert.deepEqual(remotesOf('https://ca/'), ['https://ca:8888']);
    assert.deepEqual(remotesOf('https://ca:443/base/'), ['https://ca/base']);
    assert.deepEqual(remotesOf('ca:1', { root_ca: '/r' }), ['https://ca:1'], 'with a CA to verify it is https');
    assert.deepEqual(remotesOf('a:1, b:2'), ['http://a:1', 'http://b:2']);
  });

  test('has no action without a manager, with dummy, or with nop', () => {
    for (const change of [{ svcmgr: 'dummy' }, { svcmgr: '' }, { action: 'nop' }, { action: '' }]) {
      assert.equal(specOf({ ...whole, ...change }).action, undefined, JSON.stringify(change));
    }
    const command = { ...whole, svcmgr: 'command', service: null, action: 'echo $CERTMGR_CERT_PATH' };
    assert.deepEqual(specOf(command).action, { kind: 'command', command: 'echo $CERTMGR_CERT_PATH' });
  });
});

describe('a wrong spec file', () => {
  const request = whole.request as Json;
  const rows: readonly (readonly [string, Json, string])[] = [
    ['an unknown field', { colour: 'red' }, 'colour'],
    ['an unknown field below', { request: { ...request, ca: { pathlen: 1 } } }, 'request.ca'],
    ['an unknown field of a file', { ca: { path: '/x', user: 'a' } }, 'ca.user'],
    ['a certificate without a key', { private_key: null }, ''],
    ['a key without a certificate', { certificate: null }, ''],
    ['a certificate without a request', { request: null }, 'request'],
    ['nothing to keep', { certificate: null, private_key: null, ca: null }, ''],
    ['one file for two things', { ca: { path: '/etc/ssl/www.pem' } }, ''],
    ['a path that is not absolute', { ca: { path: 'ca.pem' } }, 'ca.path'],
    ['the CA file twice', { authority: { remote: 'a:1', file: { path: '/b' } } }, 'authority.file'],
    ['a mode in decimal', { ca: { path: '/x', mode: '644' } }, 'ca.mode'],
    ['a mode with a sticky bit', { ca: { path: '/x', mode: '04755' } }, 'ca.mode'],
    ['a duration that is a number', { before: 72 }, 'before'],
    ['a duration in days', { interval: '3d' }, 'interval'],
    ['an unknown usage', { key_usages: ['sever auth'] }, 'key_usages'],
    ['a small RSA key', { request: { ...request, key: { algo: 'rsa', size: 1024 } } }, 'request.key'],
    ['a key of DSA', { request: { ...request, key: { algo: 'dsa', size: 2048 } } }, 'request.key'],
    ['names of nobody', { request: {} }, 'request'],
    ['a name with a line end', { request: { CN: 'a\nb' } }, 'request'],
    ['a host with a blank', { request: { CN: 'a', hosts: ['a b'] } }, 'request.hosts'],
    ['an unknown manager', { svcmgr: 'runit' }, 'svcmgr'],
    ['circus', { svcmgr: 'circus' }, 'svcmgr'],
    ['an action that systemd does not have', { action: 'reboot' }, 'action'],
    ['an action of no service', { service: '' }, 'service'],
    ['an option as a service', { service: '--force' }, 'service'],
    ['a service with a shell in it', { service: 'a; reboot' }, 'service'],
    ['a command with a service', { svcmgr: 'command' }, 'service'],
    ['a remote that is none', { authority: { remote: 'ftp://ca' } }, 'authority.remote'],
    ['a remote with a password', { authority: { remote: 'https://a:b@ca' } }, 'authority.remote'],
    ['a key that is not hexadecimal', { authority: { remote: 'a:1', auth_key: 'secret!' } }, 'authority.auth_key'],
  ];
  for (const [rule, change, path] of rows) {
    test(`is refused for ${rule}`, () => {
      assert.deepEqual(problemPaths({ ...whole, ...change }), [path]);
    });
  }

  test('is refused without any server', () => {
    assert.deepEqual(problemPaths({ ca: { path: '/a' } }, 'json', { remote: '' }), ['authority.remote']);
  });

  test('tells everything at once, and nothing of what it holds', () => {
    const parsed = parse({ ...whole, colour: 1, before: 'x', svcmgr: 'runit' });
    assert.ok(parsed.kind === 'problems' && parsed.problems.length === 3);
    const cut = parse('{"authority": {"auth_key": "00112233');
    assert.deepEqual(cut, { kind: 'problems', problems: [{ path: '', message: 'not JSON' }] });
    const yaml = parse('authority: {auth_key: 00112233', 'yaml');
    assert.ok(yaml.kind === 'problems' && !JSON.stringify(yaml).includes('00112233'), JSON.stringify(yaml));
  });

  test('is refused for two documents, aliases that explode and a key twice', () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c]\n`;
    for (const text of ['ca: {path: /a}\n---\nca: {path: /b}\n', bomb, 'service: a\nservice: b\n', '- a', 'text']) {
      assert.ok(problemPaths(text, 'yaml').length > 0, text);
    }
  });
});

describe('the specs that NixOS makes', () => {
  const config = resolveCertmgrConfig(
    { path: 'certmgr.yaml', text: readFileSync(`${vectors}certmgr.yaml`, 'utf8') },
    {},
  );
  const names = readdirSync(`${vectors}json`).map((file) => file.replace('.json', ''));

  test('are fifteen, with a configuration that names its metrics otherwise', () => {
    assert.equal(names.length, 15);
    assert.deepEqual(config.metrics, { address: '127.0.0.1', port: 9488 });
    assert.deepEqual([config.defaults.intervalMs, config.defaults.serviceManager], [30 * minuteMs, 'command']);
  });

  for (const name of names) {
    test(`${name} is read, the same in JSON and YAML`, () => {
      const [json, yaml] = (['json', 'yaml'] as const).map((format) =>
        specOf(readFileSync(`${vectors}${format}/${name}.${format}`, 'utf8'), format, config.defaults),
      );
      assert.deepEqual(json, yaml);
      const { keyPair, authority, keyUsages } = json ?? assert.fail();
      assert.deepEqual([keyPair?.request.keyKind, keyPair?.privateKey.mode, keyUsages], ['rsa-2048', 0o600, undefined]);
      assert.deepEqual(authority.remotes, ['https://api.kube:8888']);
      assert.deepEqual(authority.authKey, { kind: 'file', path: '/var/lib/kubernetes/secrets/apitoken.secret' });
    });
  }
});
