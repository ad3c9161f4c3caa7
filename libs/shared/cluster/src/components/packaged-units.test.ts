import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, test } from 'node:test';
import { ableHost } from '../../testing/index.ts';
import { parseClusterConfig } from '../config/parse-cluster-config.ts';
import { resolveDesiredState } from '../desired-state.ts';
import { pathsUnder } from '../paths.ts';
import { packagedDirectories, packagedUnits } from './packaged-units.ts';

const units = packagedUnits();
const textOf = (name: string): string =>
  units.find((unit) => unit.name === `${name}.service`)?.text ?? assert.fail(name);
const optionsOf = (name: string, option: string): readonly string[] =>
  [...textOf(name).matchAll(new RegExp(`^${option}=(.*)$`, 'gm'))].map((match) => match[1] ?? '');

/** The score of `systemd-analyze security`: 0 is the best, 10 the worst. Those that manage the host may have more. */
const limits: Readonly<Record<string, number>> = {
  'easycerts-nats': 3,
  'easycerts-ca': 3,
  'easycerts-certmgr': 5,
  'easycerts-config-renderer': 5,
  'easycerts-joiner': 5,
  'easycerts-agent': 5,
};

test('the package has a unit for joiner, for the agent and for every service of ours that a spec expects there', () => {
  const config = parseClusterConfig('roles: [master, node]\nmasterAddress: localhost', 'x');
  const { components } = resolveDesiredState(config, ableHost, pathsUnder(''));
  const expected = components.filter(({ isPackaged }) => isPackaged === true).map(({ unit }) => `${unit}.service`);
  assert.deepEqual(
    units.map(({ name }) => name).sort(),
    [...expected, 'easycerts-agent.service', 'easycerts-joiner.service'].sort(),
  );
  assert.ok(!expected.includes('kube-addon-manager.service'));
});

test('only what needs a CA on this host waits for it', () => {
  for (const name of Object.keys(limits)) {
    const wanted = name === 'easycerts-nats' || name === 'easycerts-ca' ? ['/var/lib/easycerts/ca'] : [];
    assert.deepEqual(optionsOf(name, 'ConditionPathExists'), wanted, name);
  }
});

test('the agent never runs beside what it replaces, and waits until that has ended', () => {
  const replaced = ['easycerts-certmgr', 'easycerts-config-renderer', 'easycerts-joiner'];
  const files = replaced.map((name) => `${name}.service`).join(' ');
  assert.deepEqual(optionsOf('easycerts-agent', 'Conflicts'), [files]);
  assert.ok(optionsOf('easycerts-agent', 'After').includes(files));
  for (const name of replaced) assert.deepEqual(optionsOf(name, 'Conflicts'), [], name);
});

test('the agent may do what the three may, and nothing more', () => {
  const capabilities = (name: string): readonly string[] =>
    (optionsOf(name, 'CapabilityBoundingSet')[0] ?? '').split(' ').sort();
  const theirs = ['easycerts-certmgr', 'easycerts-config-renderer', 'easycerts-joiner'].flatMap(capabilities);
  assert.deepEqual(capabilities('easycerts-agent'), [...new Set(theirs)].sort());
});

test('components can start while the CA is in trouble', () => {
  for (const name of ['easycerts-joiner', 'easycerts-agent'])
    assert.ok(!optionsOf(name, 'After').join(' ').includes('easycerts-ca'), name);
});

test('services of ours are watched, and start again whatever happens', () => {
  for (const name of Object.keys(limits).filter((unit) => unit !== 'easycerts-nats')) {
    assert.deepEqual(optionsOf(name, 'Type'), ['notify'], name);
    assert.deepEqual(optionsOf(name, 'WatchdogSec'), ['60'], name);
  }
  for (const name of Object.keys(limits)) assert.deepEqual(optionsOf(name, 'Restart'), ['always'], name);
});

test('the bus and the CA have no rights beside their user, and no exception stands without a reason', () => {
  for (const name of ['easycerts-nats', 'easycerts-ca']) {
    assert.deepEqual(optionsOf(name, 'CapabilityBoundingSet'), ['']);
    assert.notDeepEqual(optionsOf(name, 'User'), ['root']);
  }
  assert.doesNotMatch(textOf('easycerts-ca'), /exception/);
  for (const { text } of units) {
    for (const [line] of text.matchAll(/^# exception.*$/gm)) assert.match(line, /, because \w/);
  }
});

test('every folder that a unit may write to is one of the package’s, or below one, or made by `ca init`', () => {
  const made = [...packagedDirectories().map(({ path }) => path), '/var/lib/easycerts/ca'];
  for (const name of Object.keys(limits)) {
    const folders = optionsOf(name, 'ReadWritePaths').flatMap((value) => value.split(' '));
    for (const folder of folders) assert.ok(made.includes(folder), `${name}: ${folder}`);
  }
});

const hasAnalyze = spawnSync('systemd-analyze', ['--version']).status === 0;
describe('systemd-analyze', { skip: hasAnalyze ? false : 'systemd-analyze is not installed' }, () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'units-'));
    for (const { name, text } of units) {
      // neither the programs nor the users are on the machine of the test
      const here = text.replace(/^ExecStart=\S+/m, 'ExecStart=/bin/true').replace(/^(User|Group)=.*$/gm, '$1=root');
      writeFileSync(join(directory, name), here);
    }
  });
  after(() => rmSync(directory, { recursive: true }));

  for (const [name, limit] of Object.entries(limits)) {
    it(`finds nothing wrong with ${name}, and its exposure at most ${limit}`, () => {
      const file = join(directory, `${name}.service`);
      const verified = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' });
      assert.deepEqual([verified.status, verified.stderr], [0, '']);
      writeFileSync(file, textOf(name));
      const report = execFileSync('systemd-analyze', ['security', '--offline=true', '--no-pager', file], {
        encoding: 'utf8',
      });
      const score = /Overall exposure level for \S+: ([\d.]+)/.exec(report)?.[1];
      assert.ok(Number(score) <= limit, `${score}`);
    });
  }
});
