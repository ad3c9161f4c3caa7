/** The addons as a whole: which set, which rights, nothing granted that nobody needs. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseClusterConfig, pathsUnder } from '@easycerts/cluster';
import { parseAllDocuments, stringify } from 'yaml';
import { addonFiles, addonSets, addons, bootstrapAddons } from './index.ts';
import type { Manifest } from './manifest.ts';
import type { PolicyRule } from './rbac.ts';

const configOf = (extra: object = {}) =>
  parseClusterConfig(stringify({ roles: ['master', 'node'], masterAddress: 'localhost', ...extra }), 'cluster.yaml');
const named = (manifests: readonly Manifest[], kind: string, name: string, namespace?: string): Manifest | undefined =>
  manifests.find(
    (manifest) =>
      manifest.kind === kind && manifest.metadata.name === name && manifest.metadata.namespace === namespace,
  );
const rulesOf = (manifest: Manifest | undefined): readonly PolicyRule[] =>
  (manifest?.rules ?? []) as readonly PolicyRule[];
const kindsOf = (manifests: readonly Manifest[]): readonly string[] =>
  manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
const label = 'addonmanager.kubernetes.io/mode';

describe('the sets', () => {
  test('what grants rights is applied by super-admin, everything else by addon-manager', () => {
    const config = configOf();
    const isRbac = ({ apiVersion }: Manifest): boolean => apiVersion.startsWith('rbac.authorization.k8s.io/');
    assert.ok(bootstrapAddons(config).every(isRbac));
    assert.ok(!addons(config).some(isRbac));
    assert.deepEqual(kindsOf(addons(config)), [
      'ServiceAccount coredns',
      'ConfigMap coredns',
      'Deployment coredns',
      'Service kube-dns',
    ]);
    assert.deepEqual(kindsOf(bootstrapAddons(config)), [
      'ClusterRoleBinding kubeadm:cluster-admins',
      'ClusterRoleBinding system:kube-apiserver:kubelet-api-admin',
      'ClusterRole flannel',
      'ClusterRoleBinding flannel',
      'ClusterRole easycerts:leaving-nodes',
      'ClusterRoleBinding easycerts:leaving-nodes',
      'ClusterRole system:coredns',
      'ClusterRoleBinding system:coredns',
      'ClusterRole system:kube-addon-manager',
      'ClusterRoleBinding system:kube-addon-manager',
      'Role system:kube-addon-manager',
      'RoleBinding system:kube-addon-manager',
    ]);
  });

  test('every object of ours carries the mode label', () => {
    const config = configOf();
    for (const { metadata } of [...bootstrapAddons(config), ...addons(config)])
      assert.equal(metadata.labels?.[label], 'Reconcile');
  });

  test('the same configuration gives the same text', () => {
    const text = (): string => JSON.stringify(addonSets(configOf()));
    assert.equal(text(), text());
  });

  test('an addon that grants rights is moved to the bootstrap set, wherever it is written', () => {
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'r' },
      rules: [],
    };
    const list = { apiVersion: 'v1', kind: 'List', items: [role, configMap('c')] };
    const config = configOf({ addonManager: { addons: { mixed: list } } });
    assert.ok(named(bootstrapAddons(config), 'ClusterRole', 'r'));
    assert.ok(named(addons(config), 'ConfigMap', 'c'));
    assert.equal(named(addons(config), 'ClusterRole', 'r'), undefined);
  });

  test('an object of ours can be written otherwise in cluster.yaml', () => {
    const corefile = { ...configMap('coredns', 'kube-system'), data: { Corefile: 'mine' } };
    const config = configOf({ addonManager: { addons: { dns: corefile } } });
    const found = addons(config).filter(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'coredns');
    assert.deepEqual(
      found.map(({ data }) => data),
      [{ Corefile: 'mine' }],
    );
  });

  test('what is no Kubernetes object goes through, for addon-manager to complain about, and gets no rights', () => {
    const config = configOf({ addonManager: { addons: { bad: { kind: 'Secret' }, worse: { metadata: null } } } });
    assert.equal(addons(config).length, 6);
    assert.deepEqual(addonManagerRules(config), addonManagerRules(configOf()));
  });

  test('without the DNS addon nothing of it is left', () => {
    const config = configOf({ addons: { dns: { enable: false } } });
    assert.deepEqual(addons(config), []);
    assert.doesNotMatch(JSON.stringify(bootstrapAddons(config)), /coredns/);
  });
});

const addonManagerRules = (config: ReturnType<typeof configOf>, namespace?: string): readonly PolicyRule[] =>
  rulesOf(
    named(
      bootstrapAddons(config),
      namespace === undefined ? 'ClusterRole' : 'Role',
      'system:kube-addon-manager',
      namespace,
    ),
  );

describe('what is granted', () => {
  test('nobody but the administrators gets a wildcard', () => {
    assert.doesNotMatch(JSON.stringify(bootstrapAddons(configOf())), /"\*"/);
  });

  test('nobody is granted escalation, impersonation, binding, tokens or Secrets', () => {
    const rules = bootstrapAddons(configOf()).flatMap(rulesOf);
    const verbs = new Set(rules.flatMap(({ verbs: granted }) => granted));
    assert.deepEqual([...verbs].sort(), ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch']);
    const resources = rules.flatMap((rule) => rule.resources);
    for (const resource of ['secrets', 'serviceaccounts/token', 'pods/exec', 'nodes/proxy'])
      assert.ok(!resources.includes(resource));
  });

  test('no binding has an anonymous, unauthenticated or all-embracing subject', () => {
    const subjects = bootstrapAddons(configOf()).flatMap(
      ({ subjects: bound }) => (bound ?? []) as { kind: string; name: string }[],
    );
    assert.deepEqual([...new Set(subjects.map(({ kind, name }) => `${kind} ${name}`))].sort(), [
      'Group kubeadm:cluster-admins',
      'Group system:nodes',
      'ServiceAccount coredns',
      'User flannel-client',
      'User system:kube-addon-manager',
      'User system:kube-apiserver',
    ]);
  });

  test('nodes may delete Nodes only where NodeRestriction leaves each its own', () => {
    const grants = (apiserver: Record<string, unknown>): boolean =>
      bootstrapAddons(configOf({ apiserver })).some(({ metadata }) => metadata.name === 'easycerts:leaving-nodes');
    assert.ok(grants({}));
    assert.ok(!grants({ enableAdmissionPlugins: ['ServiceAccount'] }));
    assert.ok(!grants({ disableAdmissionPlugins: ['NodeRestriction'] }));
    const [role] = bootstrapAddons(configOf()).filter(
      ({ kind, metadata }) => kind === 'ClusterRole' && metadata.name === 'easycerts:leaving-nodes',
    );
    assert.deepEqual(role?.rules, [{ apiGroups: [''], resources: ['nodes'], verbs: ['delete'] }]);
  });

  test('system:masters is bound by nothing of ours', () => {
    assert.doesNotMatch(JSON.stringify(bootstrapAddons(configOf())), /system:masters/);
  });

  test('addon-manager may change only the objects that it keeps, by name', () => {
    for (const rule of addonManagerRules(configOf(), 'kube-system')) {
      if (rule.verbs.includes('create')) assert.deepEqual(rule.verbs, ['create']);
      else assert.ok((rule.resourceNames ?? []).length > 0);
    }
    const roles = addonManagerRules(configOf(), 'kube-system').filter(({ resources }) => resources.includes('roles'));
    assert.deepEqual(
      roles.map(({ verbs }) => verbs),
      [['get']],
    );
  });

  test('of the bootstrap set it may look at every object and change none', () => {
    const rules = addonManagerRules(configOf());
    assert.ok(rules.every(({ verbs }) => verbs.length === 1 && verbs[0] === 'get'));
    const seen = new Set(
      rules.flatMap(({ resources, resourceNames }) => (resourceNames ?? []).map((name) => `${resources[0]} ${name}`)),
    );
    for (const { kind, metadata } of bootstrapAddons(configOf())) {
      if (metadata.namespace === undefined)
        assert.ok(seen.has(`${kind.toLowerCase()}s ${metadata.name}`), metadata.name);
    }
  });

  test('an addon brings the rights for itself along: its namespace, its kind, its name', () => {
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'mice.example.com' },
      spec: { group: 'example.com', scope: 'Cluster', names: { kind: 'Mouse', plural: 'mice' } },
    };
    const config = configOf({
      addonManager: {
        addons: {
          namespace: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } },
          policy: {
            apiVersion: 'networking.k8s.io/v1',
            kind: 'NetworkPolicy',
            metadata: { name: 'p', namespace: 'n' },
          },
          mouse: { apiVersion: 'example.com/v2', kind: 'Mouse', metadata: { name: 'm' } },
          definition,
        },
      },
    });
    const inCluster = addonManagerRules(config).filter(({ verbs }) => verbs.includes('delete'));
    assert.deepEqual(
      inCluster.map(({ apiGroups, resources, resourceNames }) => [apiGroups[0], resources[0], resourceNames]),
      [
        ['', 'namespaces', ['n']],
        ['apiextensions.k8s.io', 'customresourcedefinitions', ['mice.example.com']],
        ['example.com', 'mice', ['m']],
      ],
    );
    const inNamespace = addonManagerRules(config, 'n').filter(({ verbs }) => verbs.includes('delete'));
    assert.deepEqual(
      inNamespace.map(({ resources, resourceNames }) => [resources[0], resourceNames]),
      [['networkpolicies', ['p']]],
    );
    assert.ok(named(bootstrapAddons(config), 'RoleBinding', 'system:kube-addon-manager', 'n'));
  });
});

describe('the files', () => {
  const filesOf = (extra: object = {}) => addonFiles({ config: configOf(extra), paths: pathsUnder('/r') });

  test('one for each addon in the directory of its set, for root only', () => {
    assert.deepEqual(
      filesOf().map(({ path }) => path),
      [
        '/r/etc/kubernetes/bootstrap-addons/cluster-access.yaml',
        '/r/etc/kubernetes/bootstrap-addons/flannel.yaml',
        '/r/etc/kubernetes/bootstrap-addons/leaving-nodes.yaml',
        '/r/etc/kubernetes/bootstrap-addons/dns.yaml',
        '/r/etc/kubernetes/bootstrap-addons/addon-manager.yaml',
        '/r/etc/kubernetes/addons/dns.yaml',
      ],
    );
    for (const { owner, group, mode } of filesOf()) assert.deepEqual([owner, group, mode], ['root', 'root', 0o600]);
  });

  test('say exactly what the sets say', () => {
    const contents = filesOf().flatMap(({ content }) =>
      parseAllDocuments(content).map((document) => document.toJS() as unknown),
    );
    assert.deepEqual(contents, JSON.parse(JSON.stringify([...bootstrapAddons(configOf()), ...addons(configOf())])));
  });

  test('addons of the same name share a file', () => {
    const paths = filesOf({ addonManager: { addons: { dns: configMap('c') } } }).map(({ path }) => path);
    assert.equal(new Set(paths).size, paths.length);
  });

  test('none where addon-manager does not run', () => {
    assert.deepEqual(filesOf({ addonManager: { enable: false } }), []);
  });
});

function configMap(name: string, namespace?: string) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...(namespace === undefined ? {} : { namespace }) } };
}
