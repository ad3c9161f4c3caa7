/** Spec files: what is accepted, and every way to get one wrong. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseClusterConfig, pathsUnder, resolveCertificates } from '@easycerts/cluster';
import { plainSpec } from '../../test/test-host.ts';
import { specDigestOf } from './spec-digest.ts';
import { parseSpecFile } from './spec-schema.ts';

const valid = { apiVersion: 'easycerts/v1', ...plainSpec('kubelet', '/var/lib/kubernetes/secrets/kubelet') };

function parse(change: Record<string, unknown>) {
  return parseSpecFile(JSON.stringify({ ...valid, ...change }));
}

/** Paths of the problems; '' stands for the file as a whole. */
function problemPaths(content: string): readonly string[] {
  const parsed = parseSpecFile(content);
  return parsed.kind === 'problems' ? parsed.problems.map(({ path }) => path) : [];
}

describe('parseSpecFile', () => {
  test('gives the spec without its version, frozen', () => {
    const parsed = parse({});
    assert.equal(parsed.kind, 'spec');
    assert.deepEqual(parsed.kind === 'spec' && parsed.spec, plainSpec('kubelet', valid.directory));
    assert.ok(
      parsed.kind === 'spec' && Object.isFrozen(parsed.spec) && Object.isFrozen(parsed.spec.subject.organizations),
    );
  });

  test('gives equal results when a spec is resolved twice', () => {
    assert.deepEqual(parse({}), parse({}));
  });

  test('gives a private key mode 0600 when none is named', () => {
    const { keyMode: _, ...rest } = valid;
    const parsed = parseSpecFile(JSON.stringify(rest));
    assert.equal(parsed.kind === 'spec' && parsed.spec.keyMode, 0o600);
  });

  test('puts names in canonical order and form, each once', () => {
    const parsed = parse({ alternativeNames: { dns: ['b', 'a', 'b'], ip: ['FD00:0::1', '10.0.0.1', 'fd00::1'] } });
    assert.deepEqual(parsed.kind === 'spec' && parsed.spec.alternativeNames, {
      dns: ['a', 'b'],
      ip: ['10.0.0.1', 'fd00::1'],
    });
  });

  const rows: readonly [string, Record<string, unknown>, string][] = [
    ['a version it does not know', { apiVersion: 'easycerts/v2' }, 'apiVersion'],
    ['no version', { apiVersion: undefined }, 'apiVersion'],
    ['an unknown key', { renewBefore: '72h' }, ''],
    ['an unknown key in the subject', { subject: { commonName: 'a', organizations: [], country: 'DE' } }, 'subject'],
    ['an unknown key in the names', { alternativeNames: { dns: [], ip: [], email: [] } }, 'alternativeNames'],
    ['a name that is a path', { name: '../etc/passwd' }, 'name'],
    ['an empty name', { name: '' }, 'name'],
    ['a name with capitals', { name: 'Kubelet' }, 'name'],
    ['a hidden name', { name: '.kubelet' }, 'name'],
    ['an unknown authority', { authority: 'kubernets' }, 'authority'],
    ['no common name', { subject: { commonName: '', organizations: [] } }, 'subject.commonName'],
    [
      'an organization that is no text',
      { subject: { commonName: 'a', organizations: [1] } },
      'subject.organizations.0',
    ],
    ['a DNS name with a wildcard', { alternativeNames: { dns: ['*.example'], ip: [] } }, 'alternativeNames.dns.0'],
    ['an address among the DNS names', { alternativeNames: { dns: ['fd00::1'], ip: [] } }, 'alternativeNames.dns.0'],
    ['an address that is none', { alternativeNames: { dns: [], ip: ['10.0.0'] } }, 'alternativeNames.ip.0'],
    ['a null among the names', { alternativeNames: { dns: [null], ip: [] } }, 'alternativeNames.dns.0'],
    ['no usage, which would mean any', { usages: [] }, 'usages'],
    ['an unknown usage', { usages: ['code signing'] }, 'usages.0'],
    ['a usage twice', { usages: ['client auth', 'client auth'] }, 'usages'],
    ['a weak key', { keyAlgorithm: 'rsa-1024' }, 'keyAlgorithm'],
    ['no validity', { validityS: 0 }, 'validityS'],
    ['a validity of a hundred years', { validityS: 3_153_600_000 }, 'validityS'],
    ['half a second of validity', { validityS: 0.5 }, 'validityS'],
    ['a relative directory', { directory: 'secrets/kubelet' }, 'directory'],
    ['a directory that climbs', { directory: '/var/../etc/kubelet' }, 'directory'],
    ['a directory with a trailing slash', { directory: '/var/kubelet/' }, 'directory'],
    ['a hidden directory', { directory: '/var/.sets' }, 'directory'],
    ['an owner that is a path', { owner: 'a/b' }, 'owner'],
    ['an empty group', { group: '' }, 'group'],
    ['a key for everybody', { keyMode: 0o644 }, 'keyMode'],
    ['a key that can be executed', { keyMode: 0o700 }, 'keyMode'],
    ['a key nobody can read', { keyMode: 0 }, 'keyMode'],
    ['a mode as text', { keyMode: '0600' }, 'keyMode'],
    ['a unit that is a path', { notify: { unit: '../nginx', action: 'reload' } }, 'notify.unit'],
    ['a unit that is an option', { notify: { unit: '--all', action: 'reload' } }, 'notify.unit'],
    ['another action', { notify: { unit: 'nginx', action: 'stop' } }, 'notify.action'],
  ];
  for (const [what, change, path] of rows) {
    test(`refuses ${what}`, () => {
      assert.deepEqual([...new Set(problemPaths(JSON.stringify({ ...valid, ...change })))], [path]);
    });
  }

  test('reports all problems at once', () => {
    const paths = problemPaths(JSON.stringify({ ...valid, name: '', authority: 'x', keyMode: 0o777, extra: 1 }));
    assert.deepEqual([...paths].sort(), ['', 'authority', 'keyMode', 'name']);
  });

  test('refuses what is no object of JSON, without quoting it', () => {
    for (const content of [
      '',
      '{',
      '[]',
      'null',
      '"text"',
      '-----BEGIN PRIVATE KEY-----\nSECRET\n',
      '{"name": SECRET}',
    ]) {
      const parsed = parseSpecFile(content);
      assert.equal(parsed.kind, 'problems', content);
      assert.ok(!JSON.stringify(parsed).includes('SECRET'), JSON.stringify(parsed));
      assert.ok(!JSON.stringify(parsed).includes('PRIVATE'), JSON.stringify(parsed));
    }
  });
});

describe('the certificate list', () => {
  for (const roles of [['master', 'node'], ['master'], ['node']] as const) {
    test(`of a host that is ${roles.join(' and ')} comes through its spec files unchanged`, () => {
      const config = parseClusterConfig('roles: [master, node]\nmasterAddress: api.kube.example\n', 'cluster.yaml');
      const host = { name: 'n1', roles, addresses: ['10.0.0.7', 'fd00::7'] };
      const specs = resolveCertificates(config, host, pathsUnder(''));
      assert.ok(specs.length > 3);
      for (const spec of specs) {
        const parsed = parseSpecFile(JSON.stringify({ apiVersion: 'easycerts/v1', ...spec }));
        assert.deepEqual(parsed, { kind: 'spec', spec }, spec.name);
      }
    });
  }
});

describe('specDigestOf', () => {
  const spec = plainSpec('kubelet', '/secrets/kubelet');

  test('does not change with where and as whose the files lie, or with the order of names', () => {
    const other = { ...spec, directory: '/other', owner: 'x', group: 'x', keyMode: 0o640, usedBy: [] };
    assert.equal(specDigestOf(other), specDigestOf(spec));
    const [one, two] = [
      ['a', 'b'],
      ['b', 'a'],
    ].map((dns) => specDigestOf({ ...spec, alternativeNames: { dns, ip: [] } }));
    assert.equal(one, two);
  });

  const changes = {
    name: 'other',
    authority: 'etcd',
    subject: { commonName: 'x', organizations: [] },
    alternativeNames: { dns: [], ip: [] },
    usages: ['server auth'],
    keyAlgorithm: 'rsa-2048',
    validityS: 60,
  } as const;
  for (const [key, value] of Object.entries(changes)) {
    test(`changes with ${key}`, () => {
      assert.notEqual(specDigestOf({ ...spec, [key]: value }), specDigestOf(spec));
    });
  }

  test('tells values apart that look the same when they are joined', () => {
    const [one, two] = [
      { dns: ['a'], ip: [] },
      { dns: [], ip: ['a'] },
    ].map((alternativeNames) => specDigestOf({ ...spec, alternativeNames }));
    assert.notEqual(one, two);
  });
});
