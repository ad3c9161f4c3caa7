import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError } from '@easycerts/core';
import { stringify } from 'yaml';
import { certificateList } from '../cert-list.ts';
import { parseClusterConfig } from './parse-cluster-config.ts';
import type { ConfigProblem } from './problem.ts';

const valid = { names: ['www.example.org', '10.0.0.5'], hosts: ['n1'] };
const client = { names: [], authority: 'kubernetes', usages: ['client auth'], subject: { commonName: 'metrics' } };

function problemsOf(certificates: unknown, more: Readonly<Record<string, unknown>> = {}): readonly ConfigProblem[] {
  const text = stringify({ roles: ['master', 'node'], masterAddress: 'api.kube.example', certificates, ...more });
  try {
    parseClusterConfig(text, 'cluster.yaml');
    return [];
  } catch (error) {
    assert.ok(error instanceof AppError && error.code === 'INVALID_CONFIG', String(error));
    return error.details.problems as readonly ConfigProblem[];
  }
}

const pathsOf = (changes: object): readonly string[] =>
  problemsOf({ nginx: { ...valid, ...changes } }).map(({ path }) => path.replace(/^certificates\.nginx\.?/, ''));

describe('a certificate of the user’s own', () => {
  for (const [what, changes] of [
    ['a name, an address and a host', {}],
    ['the names of whatever host has it', { names: ['{hostname}', '{hostname}.example.org', '{addresses}'] }],
    ['a role instead of hosts', { hosts: undefined, roles: ['node'] }],
    ['the address of the master, where it may be served', { names: ['api.kube.example', 'localhost', '::1'] }],
    ['a client of other services', { names: [], usages: ['client auth'] }],
    ['a user of the API server', client],
    ['a user of the API server in a group', { ...client, subject: { commonName: 'ci', organizations: ['builders'] } }],
    ['a key for a group', { owner: 'root', group: 'ssl-cert', keyMode: '0640' }],
    ['a mode that YAML reads as a number', { keyMode: 640 }],
    ['a unit with its suffix', { unit: 'postgresql@15-main.service', action: 'restart' }],
    ['a key and a lifetime of its own', { keyAlgorithm: 'rsa-2048', validity: '3650d' }],
  ] as const) {
    it(`may have ${what}`, () => assert.deepEqual(pathsOf(changes), []));
  }
});

describe('refused, with its path', () => {
  for (const [what, changes, ...paths] of [
    ['a CA that does not exist', { authority: 'mine' }, 'authority'],
    ['etcd, where a client may do everything', { authority: 'etcd' }, 'authority'],
    ['the front proxy, which may be anybody', { authority: 'front-proxy' }, 'authority'],
    ['the identities of hosts', { authority: 'easycerts' }, 'authority'],
    ['a server of the CA kubernetes: it could be a kubelet', { ...client, usages: ['server auth'] }, 'usages'],
    ['both usages with the CA kubernetes', { ...client, usages: ['client auth', 'server auth'] }, 'usages'],
    ['names with the CA kubernetes', { ...client, names: ['m1'] }, 'names'],
    ...['system:masters', 'system:nodes', 'kubeadm:cluster-admins', 'SYSTEM:masters', 'easycerts:masters'].map(
      (group) =>
        [
          `the group ${group}`,
          { ...client, subject: { commonName: 'ci', organizations: ['builders', group] } },
          'subject.organizations[1]',
        ] as const,
    ),
    ...[
      'system:kube-controller-manager',
      'system:node:m1',
      'system:anonymous',
      'kubernetes-super-admin',
      'cluster-admin',
      'Cluster-Admin',
      'flannel-client',
      'kube-apiserver',
      'easycerts:health',
    ].map(
      (commonName) => [`the user ${commonName}`, { ...client, subject: { commonName } }, 'subject.commonName'] as const,
    ),
    ['a user whose name a host may choose', { ...client, subject: { commonName: '{hostname}' } }, 'subject.commonName'],
    [
      'a user that becomes system: with a host of that name',
      { ...client, subject: { commonName: '{hostname}:masters' } },
      'subject.commonName',
    ],
    ['nobody to have it', { hosts: undefined }, ''],
    ['hosts and roles', { roles: ['node'] }, 'roles'],
    ['an empty list of hosts', { hosts: [] }, 'hosts'],
    ['a host that is none', { hosts: ['n1.example.org'] }, 'hosts[0]'],
    ['an unknown role', { hosts: undefined, roles: ['admin'] }, 'roles[0]'],
    ['a server without names', { names: [] }, 'names'],
    ['a wildcard', { names: ['*.example.org'] }, 'names[0]'],
    ['a name with a blank', { names: ['ok.example', 'a b'] }, 'names[1]'],
    ['a mail address', { names: ['root@example.org'] }, 'names[0]'],
    ['a URI', { names: ['spiffe://x/y'] }, 'names[0]'],
    ['an unknown placeholder', { names: ['{nodename}'] }, 'names[0]', 'names[0]'],
    ['an open placeholder', { names: ['{hostname'] }, 'names[0]', 'names[0]'],
    ['addresses within a name', { names: ['a.{addresses}'] }, 'names[0]'],
    ['addresses as a subject', { subject: { commonName: '{addresses}' } }, 'subject.commonName'],
    ...[
      'kubernetes',
      'Kubernetes.Default',
      'kubernetes.default.svc',
      'kubernetes.default.svc.cluster.local',
      '10.0.0.1',
    ].map((name) => [`${name}, where pods look for the API server`, { names: [name] }, 'names[0]'] as const),
    ['two subjects in one', { subject: { commonName: 'a\n/O=system:masters' } }, 'subject.commonName'],
    ['a letter that turns the line', { subject: { commonName: 'a\u202eb' } }, 'subject.commonName'],
    ['a subject beyond its bounds', { subject: { commonName: 'a'.repeat(65) } }, 'subject.commonName'],
    ['an empty organization', { subject: { organizations: [''] } }, 'subject.organizations[0]'],
    ['no usage, which would mean any', { usages: [] }, 'usages'],
    ['another usage', { usages: ['code signing'] }, 'usages[0]'],
    ['a key that everybody reads', { keyMode: '0644' }, 'keyMode'],
    ['a key that is set-user-id', { keyMode: '4600' }, 'keyMode'],
    ['a key that its group may write', { keyMode: '0660' }, 'keyMode'],
    ['an owner that is a path', { owner: '../root' }, 'owner'],
    ['an owner that is an option', { owner: '-R' }, 'owner'],
    ['a path, which would be written by root', { directory: '/etc/kubernetes' }, 'directory'],
    ['files, which would be written by root', { files: { certificate: '/boot/vmlinuz' } }, 'files'],
    ['a unit of ours', { unit: 'kube-apiserver' }, 'unit'],
    ['a service of ours', { unit: 'easycerts-ca.service' }, 'unit'],
    ['containerd, which is ours too', { unit: 'containerd.service' }, 'unit'],
    ['a unit that is an option', { unit: '--root=/' }, 'unit'],
    ['a unit that is a path', { unit: '/etc/x.service' }, 'unit'],
    ['a unit that is many', { unit: 'a b' }, 'unit'],
    ['another action', { unit: 'nginx', action: 'stop' }, 'action'],
    ['an unknown key algorithm', { keyAlgorithm: 'rsa-1024' }, 'keyAlgorithm'],
    ['a lifetime beyond ten years', { validity: '3651d' }, 'validity'],
  ] as const satisfies readonly (readonly [string, object, ...string[]])[]) {
    it(what, () => assert.deepEqual(pathsOf(changes), paths));
  }

  it('every name of the cluster’s own certificates', () => {
    for (const { name } of certificateList) {
      const problems = problemsOf({ [name]: valid });
      assert.deepEqual(
        problems.map(({ path }) => path),
        [`certificates.${name}`],
      );
    }
  });

  it('names that would be paths, or hidden', () => {
    for (const name of ['../host', 'a/b', '.sets', 'A', '', 'a'.repeat(64), 'a.b']) {
      assert.equal(problemsOf(JSON.parse(`{${JSON.stringify(name)}: ${JSON.stringify(valid)}}`)).length, 1, name);
    }
  });

  it('all of them where our CA is off', () => {
    const problems = problemsOf({ nginx: valid }, { roles: [], easyCerts: false });
    assert.deepEqual(
      problems.map(({ path }) => path),
      ['certificates.nginx'],
    );
  });

  it('with every problem at once, each with what to do', () => {
    const problems = problemsOf({
      a: { authority: 'etcd' },
      b: { ...valid, names: ['*.x', 'kubernetes'], unit: 'etcd' },
    });
    assert.deepEqual(
      problems.map(({ path }) => path),
      [
        'certificates.a',
        'certificates.a.authority',
        'certificates.b.names[0]',
        'certificates.b.names[1]',
        'certificates.b.unit',
      ],
    );
    for (const { message } of problems) assert.match(message, /: |; /);
  });

  it('in node.yaml: what a host may have is the cluster’s to say', () => {
    const text = 'roles: [node]\nmasterAddress: api.kube.example\n';
    const node = { overrides: stringify({ certificates: { nginx: valid } }) };
    assert.throws(
      () => parseClusterConfig(text, 'received', { node }),
      (error) => error instanceof AppError && String(error.message).includes('certificates: is not for one node alone'),
    );
  });
});
