import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '@easycerts/core';
import { parseClusterConfig } from './parse-cluster-config.ts';
import type { ConfigProblem } from './problem.ts';
import { enabledComponents } from './resolve-config.ts';

const minimal = 'roles: [master, node]\nmasterAddress: localhost\n';

function problemsOf(text: string, overlay?: string): readonly ConfigProblem[] {
  try {
    parseClusterConfig(text, 'cluster.yaml', overlay === undefined ? {} : { overlay });
    return [];
  } catch (error) {
    assert.ok(error instanceof AppError);
    assert.equal(error.code, 'INVALID_CONFIG');
    return error.details.problems as readonly ConfigProblem[];
  }
}

const pathsOf = (text: string): readonly string[] => problemsOf(text).map(({ path }) => path);

test('roles decide which components run', () => {
  const rows: [string, readonly string[]][] = [
    [
      '[master]',
      [
        'containerd',
        'etcd',
        'apiserver',
        'controllerManager',
        'scheduler',
        'addonManager',
        'kubelet',
        'proxy',
        'flannel',
      ],
    ],
    [
      '[master, node]',
      [
        'containerd',
        'etcd',
        'apiserver',
        'controllerManager',
        'scheduler',
        'addonManager',
        'kubelet',
        'proxy',
        'flannel',
      ],
    ],
    ['[]', []],
  ];
  for (const [roles, components] of rows) {
    const config = parseClusterConfig(`roles: ${roles}\nmasterAddress: localhost`, 'x');
    assert.deepEqual(enabledComponents(config), components, roles);
  }
});

test('any role turns easyCerts and flannel on, and both can be turned off', () => {
  const on = parseClusterConfig(minimal, 'x');
  assert.equal(on.easyCerts, true);
  assert.equal(on.flannel.enable, true);
  const off = parseClusterConfig(`${minimal}flannel: {enable: false}`, 'x');
  assert.equal(off.flannel.enable, false);
  assert.equal(parseClusterConfig('masterAddress: localhost', 'x').easyCerts, false);
});

test('a component can be enabled or disabled by hand', () => {
  const config = parseClusterConfig(`${minimal}scheduler: {enable: false}`, 'x');
  assert.equal(config.scheduler.enable, false);
  assert.equal(config.controllerManager.enable, true);
});

test('a master that is not a node takes no ordinary pods', () => {
  const taints = Object.values(parseClusterConfig('roles: [master]\nmasterAddress: localhost', 'x').kubelet.taints);
  assert.ok(
    taints.some(({ key, effect }) => key === 'node-role.kubernetes.io/control-plane' && effect === 'NoSchedule'),
  );
  assert.deepEqual(parseClusterConfig(minimal, 'x').kubelet.taints, {});
});

test('defaults are those of NixOS’s module', () => {
  const config = parseClusterConfig(minimal, 'x');
  assert.equal(config.clusterCidr, '10.1.0.0/16');
  assert.equal(config.apiserver.serviceClusterIpRange, '10.0.0.0/24');
  assert.equal(config.addons.dns.clusterIp, '10.0.0.254');
  assert.deepEqual(config.kubelet.clusterDns, ['10.0.0.254']);
  assert.equal(config.apiserverAddress, 'https://localhost:6443');
  assert.deepEqual(config.apiserver.authorizationMode, ['RBAC', 'Node']);
});

test('the address of the API server keeps its port when an advertise address is given', () => {
  const config = parseClusterConfig(`${minimal}apiserver: {advertiseAddress: "fd00::1", securePort: 443}`, 'x');
  assert.equal(config.apiserverAddress, 'https://[fd00::1]:443');
});

test('the result is frozen to its leaves', () => {
  const config = parseClusterConfig(minimal, 'x');
  assert.throws(() => {
    (config.apiserver.extraSANs as string[]).push('evil.example');
  }, TypeError);
});

test('every problem is reported at once, unknown keys with what was meant', () => {
  const problems = problemsOf('roles: [master]\nmasterAdress: x\napiserver: {securPort: 1}\netcd: {clientPort: 70000}');
  const byPath = new Map(problems.map(({ path, message }) => [path, message]));
  assert.match(byPath.get('masterAddress') ?? '', /is missing/);
  assert.match(byPath.get('masterAdress') ?? '', /did you mean masterAddress\?/);
  assert.match(byPath.get('apiserver.securPort') ?? '', /did you mean securePort\?/);
  assert.ok(byPath.has('etcd.clientPort'));
});

test('each rule across options names its key', () => {
  const rows: [string, string][] = [
    ['clusterCidr: 10.0.0.0/8', 'clusterCidr'],
    ['clusterCidr: 10.1.0.0/25', 'clusterCidr'],
    ['apiserver: {serviceClusterIpRange: 10.0.0.0/8}\nclusterCidr: 172.16.0.0/16', 'apiserver.serviceClusterIpRange'],
    ['apiserver: {serviceClusterIpRange: 10.0.0.0/30}', 'apiserver.serviceClusterIpRange'],
    ['addons: {dns: {clusterIp: 10.9.0.1}}', 'addons.dns.clusterIp'],
    ['addons: {dns: {clusterIp: 10.0.0.1}}', 'addons.dns.clusterIp'],
    ['pki: {grpcPort: 6443}', 'pki.grpcPort'],
    ['apiserver: {extraOpts: --anonymous-auth=true}', 'apiserver.extraOpts'],
    ['apiserver: {extraOpts: [--authorization-mode=AlwaysAllow]}', 'apiserver.extraOpts'],
    ['apiserver: {authorizationMode: [RBAC]}', 'apiserver.authorizationMode'],
    ['apiserver: {authorizationMode: [AlwaysAllow]}', 'apiserver.authorizationMode[0]'],
    ['apiserver: {tlsCertFile: /x.crt}', 'apiserver.tlsKeyFile'],
    ['apiserver: {tlsKeyFile: /x.key}', 'apiserver.tlsCertFile'],
    ['kubelet: {hostname: a.b}', 'kubelet.hostname'],
    ['kubelet: {hostname: "*"}', 'kubelet.hostname'],
    ['apiserver: {extraSANs: ["evil\\n.example"]}', 'apiserver.extraSANs[0]'],
    ['pki: {validity: forever}', 'pki.validity'],
    ['pki: {keyAlgorithm: rsa-1024}', 'pki.keyAlgorithm'],
    ['binDir: bin', 'binDir'],
  ];
  for (const [line, path] of rows) assert.deepEqual(pathsOf(`${minimal}${line}`), [path], line);
});

test('a master address inside the network of pods or Services is a problem', () => {
  assert.deepEqual(pathsOf('roles: [master]\nmasterAddress: 10.1.2.3'), ['masterAddress']);
  assert.deepEqual(pathsOf('roles: [master]\nmasterAddress: 10.0.0.9'), ['masterAddress']);
  assert.deepEqual(pathsOf('roles: [master]\nmasterAddress: 192.168.1.1'), []);
});

test('without easyCerts every enabled component names its certificate files', () => {
  const missing = pathsOf('masterAddress: localhost\netcd: {enable: true}\nscheduler: {enable: true}');
  assert.deepEqual(missing, [
    'etcd.certFile',
    'etcd.trustedCaFile',
    'scheduler.kubeconfig.certFile',
    'scheduler.kubeconfig.caFile',
  ]);
  assert.deepEqual(
    pathsOf('masterAddress: localhost\ncaFile: /ca.crt\netcd: {enable: true, certFile: /e.crt, keyFile: /e.key}'),
    [],
  );
});

test('a node alone is told to join', () => {
  assert.match(problemsOf('roles: [node]\nmasterAddress: m')[0]?.message ?? '', /joiner join/);
});

test('what is not a mapping, has a key twice or is not YAML is one problem', () => {
  for (const text of ['- 1', 'a: 1\na: 2', 'a: [', 'just text', 'x: &a [*a, *a]\ny: *b']) {
    const problems = problemsOf(text);
    assert.ok(problems.length > 0, text);
  }
  assert.deepEqual(pathsOf(''), ['masterAddress']);
});

test('an overlay counts only where the file says nothing', () => {
  const overlay = 'binDir: /opt/bin\napiserver: {advertiseAddress: 192.0.2.1, securePort: 7777}';
  const config = parseClusterConfig(`${minimal}apiserver: {securePort: 8888}`, 'x', { overlay });
  assert.equal(config.binDir, '/opt/bin');
  assert.equal(config.apiserver.securePort, 8888);
  assert.equal(config.apiserverAddress, 'https://192.0.2.1:8888');
});

test('options can be one text or a list, as in NixOS', () => {
  const config = parseClusterConfig(
    `${minimal}apiserver: {extraOpts: " --a=1  --b "}\nkubelet: {extraOpts: [--c]}`,
    'x',
  );
  assert.deepEqual(config.apiserver.extraOpts, ['--a=1', '--b']);
  assert.deepEqual(config.kubelet.extraOpts, ['--c']);
});

test('__proto__ is an unknown key like any other, and sets nothing', () => {
  assert.throws(() => parseClusterConfig('__proto__: {roles: [master]}\nmasterAddress: m', 'x'), {
    code: 'INVALID_CONFIG',
    message: /__proto__: unknown key/,
  });
});

test('a file that is no configuration is refused in few words, none of which acts on a terminal', () => {
  const text = `"\u009b2J": 1\nmasterAddress: m\n${Array.from({ length: 2_000 }, (_, at) => `k${at}: 1\n`).join('')}`;
  assert.throws(
    () => parseClusterConfig(text, 'x'),
    ({ message }: Error) => message.length < 25_000 && /2001 problems/.test(message) && !/[^\P{Cc}\n]/u.test(message),
  );
});
