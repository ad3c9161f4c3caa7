/** Who may do what: nobody without a name, little with one, nothing through a side door. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { eventually } from '../../src/eventually.ts';
import { httpsRequest } from '../../src/https-request.ts';
import { busybox, program } from '../../src/place.ts';
import type { Ended } from '../../src/run-command.ts';
import { runCommand } from '../../src/run-command.ts';
import { setOf } from '../../src/secrets.ts';
import { step } from '../../src/step.ts';
import { busyboxPod, machine, place } from './cluster.ts';

const rbac = 'rbac.authorization.k8s.io';

/** kubectl with the certificate of a set, or with a token, instead of the administrator's. */
function kubectlAs(
  credential: { readonly set: string } | { readonly token: string },
  words: readonly string[],
): Promise<Ended> {
  const name = 'set' in credential ? credential.set : 'kubelet-client';
  const { ca, cert, key } = setOf(machine, name);
  const user = 'set' in credential ? { 'client-certificate': cert, 'client-key': key } : { token: credential.token };
  const path = `${machine.data}.other.kubeconfig`;
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server: place().server, 'certificate-authority': ca } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  writeFileSync(path, JSON.stringify(config), { mode: 0o600 });
  return runCommand([program('kubectl'), '--kubeconfig', path, ...words], { env: machine.env });
}

function forbidden(ended: Ended): void {
  assert.notEqual(ended.code, 0, `${ended.command} should be forbidden`);
  assert.match(ended.stderr, /forbidden|Forbidden/);
}

step('nobody does what he may not', machine, () => {
  for (const path of [
    '/',
    '/api/v1/namespaces',
    '/api/v1/secrets',
    '/version',
    '/readyz',
    '/metrics',
    '/openid/v1/jwks',
  ]) {
    test(`an anonymous request for ${path} is refused`, async () => {
      const { status } = await httpsRequest(`${place().server}${path}`, { ca: setOf(machine, 'kubelet-client').ca });
      assert.ok([401, 403].includes(status), `status ${status}`);
    });
  }

  test('a read-only service account lists pods and can neither create nor delete', async () => {
    await machine.apply({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'reader', namespace: 'default' },
    });
    const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }];
    await machine.apply({
      apiVersion: `${rbac}/v1`,
      kind: 'Role',
      metadata: { name: 'reader', namespace: 'default' },
      rules,
    });
    await machine.apply({
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: { name: 'reader', namespace: 'default' },
      roleRef: { apiGroup: rbac, kind: 'Role', name: 'reader' },
      subjects: [{ kind: 'ServiceAccount', name: 'reader', namespace: 'default' }],
    });
    const token = (await machine.mustKubectl(['create', 'token', 'reader'])).trim();
    await eventually('its right', async () => (await kubectlAs({ token }, ['get', 'pods'])).code === 0);
    forbidden(await kubectlAs({ token }, ['run', 'more', '--image', busybox().ref]));
    forbidden(await kubectlAs({ token }, ['delete', 'pod', 'client']));
    forbidden(await kubectlAs({ token }, ['get', 'secrets']));
    forbidden(await kubectlAs({ token }, ['get', 'pods', '--namespace', 'kube-system']));
    assert.equal((await machine.kubectl(['get', 'pod', 'client'])).code, 0);
  });

  test('a node reads the Secrets of its own pods and not those of another node', async () => {
    for (const name of ['mine', 'theirs', 'unused']) {
      await machine.apply({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name, namespace: 'default' },
        stringData: { value: 'hidden' },
      });
    }
    await machine.apply({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'other' } });
    const using = (secretName: string) => ({ volumes: [{ name: 'v', secret: { secretName } }] });
    await machine.apply(busyboxPod('mine', busybox().ref, 'sleep 86400', { nodeName: place().node, ...using('mine') }));
    await machine.apply(busyboxPod('theirs', busybox().ref, 'sleep 86400', { nodeName: 'other', ...using('theirs') }));
    const node = { set: 'kubelet-client' } as const;
    await eventually('its own Secret', async () => (await kubectlAs(node, ['get', 'secret', 'mine'])).code === 0);
    forbidden(await kubectlAs(node, ['get', 'secret', 'theirs']));
    forbidden(await kubectlAs(node, ['get', 'secret', 'unused']));
    forbidden(await kubectlAs(node, ['get', 'secrets']));
  });

  test('a node changes neither another node nor what protects it from itself', async () => {
    const node = { set: 'kubelet-client' } as const;
    forbidden(await kubectlAs(node, ['label', 'node', 'other', 'a=b']));
    forbidden(await kubectlAs(node, ['delete', 'node', 'other']));
    forbidden(await kubectlAs(node, ['delete', 'pod', 'theirs']));
    forbidden(await kubectlAs(node, ['label', 'node', place().node, 'node-restriction.kubernetes.io/a=b']));
    forbidden(
      await kubectlAs(node, [
        'create',
        'clusterrolebinding',
        'x',
        '--clusterrole=cluster-admin',
        '--group=system:nodes',
      ]),
    );
  });

  test('what was made for this is removed', async () => {
    await machine.mustKubectl(['delete', 'pod', 'mine', 'theirs', '--force', '--grace-period=0']);
    await machine.mustKubectl(['delete', 'node', 'other']);
    await machine.mustKubectl(['delete', 'secret', 'mine', 'theirs', 'unused']);
  });
});

/** etcd listens on loopback, so it is asked from inside. */
function etcdGet(files: { readonly cert?: string; readonly ca: string }): Promise<Ended> {
  const folder = (name: string): string => `/var/lib/kubernetes/secrets/${name}`;
  const client =
    files.cert === undefined
      ? []
      : ['--cert', `${folder(files.cert)}/tls.crt`, '--key', `${folder(files.cert)}/tls.key`];
  const endpoint = ['--endpoints', 'https://127.0.0.1:2379', '--cacert', `${folder(files.ca)}/ca.crt`];
  return machine.exec([
    'etcdctl',
    '--dial-timeout=3s',
    '--command-timeout=3s',
    ...endpoint,
    ...client,
    'get',
    '/registry',
    '--prefix',
    '--limit=1',
    '--keys-only',
  ]);
}

step('etcd knows its own only', machine, () => {
  test('a certificate of its own CA is let in', async () => {
    const { code, stdout } = await etcdGet({ cert: 'kube-apiserver-etcd-client', ca: 'kube-apiserver-etcd-client' });
    assert.equal(code, 0);
    assert.match(stdout, /\/registry\//);
  });

  test('no certificate is refused', async () => {
    assert.notEqual((await etcdGet({ ca: 'etcd-server' })).code, 0);
  });

  for (const cert of ['cluster-admin', 'super-admin', 'kube-apiserver-kubelet-client', 'front-proxy-client']) {
    test(`${cert}, a certificate of another CA, is refused`, async () => {
      assert.notEqual((await etcdGet({ cert, ca: 'etcd-server' })).code, 0);
    });
  }
});

interface Review {
  readonly status: { readonly userInfo: { readonly username: string; readonly groups: readonly string[] } };
}

/** Who the API server takes the caller for when it says that it speaks for somebody else. */
async function whoAmI(set: string, headers: Readonly<Record<string, string>>) {
  const { ca } = setOf(machine, 'kubelet-client');
  const { cert, key } = setOf(machine, set);
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  const url = `${place().server}/apis/authentication.k8s.io/v1/selfsubjectreviews`;
  const { status, body } = await httpsRequest(url, { ca, cert, key }, { method: 'POST', headers, body: review });
  return { status, user: status === 201 ? (JSON.parse(body) as Review).status.userInfo : undefined };
}

const asMaster = { 'X-Remote-User': 'somebody', 'X-Remote-Group': 'system:masters' };

step('the front proxy speaks for others, nobody else does', machine, () => {
  test('with the certificate of the front proxy the headers count', async () => {
    const { user } = await whoAmI('front-proxy-client', asMaster);
    assert.equal(user?.username, 'somebody');
  });

  for (const set of ['kubelet-client', 'kube-proxy-client', 'kube-scheduler-client', 'apiserver-health-client']) {
    test(`with ${set}, a certificate of the kubernetes CA, they do not`, async () => {
      const { user } = await whoAmI(set, asMaster);
      assert.notEqual(user?.username, 'somebody');
      assert.ok(!user?.groups.includes('system:masters'));
    });
  }

  test('with the certificate of another CA of ours nobody is let in', async () => {
    for (const set of ['kube-apiserver-etcd-client', 'host']) assert.equal((await whoAmI(set, asMaster)).status, 401);
  });

  test('with a serving certificate nobody is let in', async () => {
    assert.equal((await whoAmI('kube-apiserver', {})).status, 401);
  });
});
