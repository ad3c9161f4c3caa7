import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ableHost } from '../testing/index.ts';
import { parseClusterConfig } from './config/parse-cluster-config.ts';
import { resolveDesiredState } from './desired-state.ts';
import { pathsUnder } from './paths.ts';
import { componentUnit, quoteArgument, type SystemdUnit, unitText } from './systemd-unit.ts';

const desired = resolveDesiredState(
  parseClusterConfig('roles: [master, node]\nmasterAddress: localhost', 'x'),
  ableHost,
  pathsUnder(''),
);

const unit: SystemdUnit = {
  description: 'a service',
  argv: ['/bin/true'],
  env: {},
  user: 'root',
  group: 'root',
  after: [],
  type: 'exec',
  restartS: 2,
  stopTimeoutMs: 1_500,
  killMode: 'process',
  systemdOptions: [],
};

const componentText = (name: string): string =>
  componentUnit(desired.components.find((spec) => spec.unit === name) ?? assert.fail(name));

test('arguments reach the program as they are', () => {
  const rows: [string, string][] = [
    ['--a=b', '--a=b'],
    ['100%', '100%%'],
    ['$HOME', '$$HOME'],
    ['two words', '"two words"'],
    ['say "x"', '"say \\"x\\""'],
    ['back\\slash', '"back\\\\slash"'],
    ['a;b', '"a;b"'],
    ['', '""'],
  ];
  for (const [argument, quoted] of rows) assert.equal(quoteArgument(argument), quoted);
});

test('the unit of a component names its program, its user, what comes before it, and never gives up', () => {
  const text = componentText('kube-apiserver');
  assert.match(text, /^ExecStart=\/usr\/local\/bin\/kube-apiserver /m);
  assert.match(text, /^User=kubernetes$/m);
  assert.match(text, /^After=etcd\.service$/m);
  assert.match(text, /^Restart=always$/m);
  assert.match(text, /^StartLimitIntervalSec=0$/m);
  assert.match(text, /^NoNewPrivileges=yes$/m);
});

test('the unit of a component leaves starting it again to joiner, and outlives joiner when the host goes down', () => {
  const text = componentText('etcd');
  assert.match(text, /^RestartSec=60$/m);
  assert.match(text, /^Before=easycerts-joiner\.service easycerts-agent\.service$/m);
});

test('stopping takes as long as the spec allows, rounded up, and kills what the spec says', () => {
  assert.match(unitText(unit), /^TimeoutStopSec=2$/m);
  assert.match(unitText(unit), /^KillMode=process$/m);
  assert.match(componentText('kubelet'), /^KillMode=process$/m);
  assert.match(componentText('etcd'), /^KillMode=control-group$/m);
});

test('a unit without a reload signal cannot be reloaded', () => {
  assert.doesNotMatch(unitText(unit), /^ExecReload=/m);
  assert.match(unitText({ ...unit, reloadSignal: 'SIGHUP' }), /^ExecReload=\/bin\/kill -s HUP \$MAINPID$/m);
});

test('only a service that says when it has started may be told for by its children', () => {
  assert.doesNotMatch(unitText(unit), /^NotifyAccess=/m);
  assert.match(unitText({ ...unit, type: 'notify' }), /^Type=notify\nNotifyAccess=all$/m);
});
