/** One set of addons against a real API server, pass by pass. */

import assert from 'node:assert/strict';
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { secondMs } from '@easycerts/core';
import type { AdvanceableClock, KubeApiServer, TemporaryDirectory } from '@easycerts/testing';
import {
  advanceableClock,
  missingKubeBinaries,
  silentLogger,
  startKubeApiServer,
  temporaryDirectory,
} from '@easycerts/testing';
import type { PassReport } from '../src/core/pass-report.ts';
import { isSettled } from '../src/core/pass-report.ts';
import type { AddonSet } from '../src/edge/addon-set.ts';
import { createAddonSet } from '../src/edge/addon-set.ts';
import { openAccess } from '../src/edge/kube-access.ts';

const reconcile = 'addonmanager.kubernetes.io/mode: Reconcile';
const ensureExists = 'addonmanager.kubernetes.io/mode: EnsureExists';
const pruneDelayMs = 10 * secondMs;

describe('a set of addons', { skip: missingKubeBinaries }, () => {
  let folder: TemporaryDirectory;
  let server: KubeApiServer;
  let clock: AdvanceableClock;

  before(async () => {
    folder = await temporaryDirectory();
    server = await startKubeApiServer(folder.path);
  });
  after(async () => {
    await server.stop();
    await folder.remove();
  });

  /** A set that works as super-admin over the files of one test, in a namespace of its own. */
  const openSet = async (name: string): Promise<{ set: AddonSet; directory: string; open(): AddonSet }> => {
    clock = advanceableClock();
    const directory = join(folder.path, 'addons', name);
    await mkdir(directory, { recursive: true });
    await server.kubectl([
      'delete',
      'configmap',
      '-n',
      'kube-system',
      'easycerts-addons-inventory',
      '--ignore-not-found',
    ]);
    await server.kubectl(['create', 'namespace', name]);
    const kubeconfig = join(folder.path, 'super-admin.kubeconfig');
    const open = (): AddonSet => {
      const context = { clock, logger: silentLogger(), random: () => 0.5 };
      const access = openAccess(kubeconfig);
      const pruneAccess = openAccess(kubeconfig);
      return createAddonSet(context, {
        name: 'addons',
        directory,
        access,
        pruneAccess,
        pruneDelayMs,
        trustsContent: false,
      });
    };
    return { set: open(), directory, open };
  };
  const value = async (namespace: string, name: string, path = '.data.value'): Promise<string> =>
    server.kubectl(['get', 'configmap', '-n', namespace, name, '-o', `jsonpath={${path}}`, '--ignore-not-found']);
  const exists = async (namespace: string, name: string): Promise<boolean> =>
    (await server.kubectl(['get', 'configmap', '-n', namespace, name, '-o', 'name', '--ignore-not-found'])) !== '';

  test('makes objects, and then only looks at them', async () => {
    const { set, directory } = await openSet('makes');
    await writeFile(
      join(directory, 'two.yaml'),
      `${configMap('makes', 'a', reconcile)}---\n${configMap('makes', 'b', ensureExists)}`,
    );
    assert.deepEqual(outcomes(await set.pass({ dryRun: false })), { a: 'created', b: 'created' });
    const versions = await resourceVersions(server, 'makes');
    const second = await set.pass({ dryRun: false });
    assert.deepEqual(outcomes(second), { a: 'unchanged', b: 'unchanged' });
    assert.ok(isSettled(second));
    assert.equal(await resourceVersions(server, 'makes'), versions);
    set.close();
  });

  test('restores what somebody deletes or edits, and leaves fields of others alone', async () => {
    const { set, directory } = await openSet('restores');
    await writeFile(
      join(directory, 'a.yaml'),
      `${configMap('restores', 'a', reconcile)}---\n${configMap('restores', 'b', reconcile)}`,
    );
    await set.pass({ dryRun: false });
    await server.kubectl(['delete', 'configmap', '-n', 'restores', 'a']);
    await server.kubectl([
      'patch',
      'configmap',
      '-n',
      'restores',
      'b',
      '-p',
      '{"data":{"value":"edited","theirs":"kept"}}',
    ]);
    assert.deepEqual(outcomes(await set.pass({ dryRun: false })), { a: 'created', b: 'corrected' });
    assert.equal(await value('restores', 'a'), 'written');
    assert.equal(await value('restores', 'b'), 'written');
    assert.equal(await value('restores', 'b', '.data.theirs'), 'kept');
    set.close();
  });

  test('leaves an EnsureExists object to the users, but makes it again when it is deleted', async () => {
    const { set, directory } = await openSet('ensures');
    await writeFile(join(directory, 'a.yaml'), configMap('ensures', 'a', ensureExists));
    await set.pass({ dryRun: false });
    await server.kubectl(['patch', 'configmap', '-n', 'ensures', 'a', '-p', '{"data":{"value":"edited"}}']);
    assert.deepEqual(outcomes(await set.pass({ dryRun: false })), { a: 'unchanged' });
    assert.equal(await value('ensures', 'a'), 'edited');
    await server.kubectl(['delete', 'configmap', '-n', 'ensures', 'a']);
    assert.deepEqual(outcomes(await set.pass({ dryRun: false })), { a: 'created' });
    set.close();
  });

  test('prunes after its delay what has lost its manifest, and nothing else', async () => {
    const { set, directory } = await openSet('prunes');
    await writeFile(
      join(directory, 'gone.yaml'),
      `${configMap('prunes', 'a', reconcile)}---\n${configMap('prunes', 'b', ensureExists)}`,
    );
    await writeFile(join(directory, 'stays.yaml'), configMap('prunes', 'c', reconcile));
    await writeFile(join(directory, 'handed-over.yaml'), configMap('prunes', 'd', reconcile));
    await set.pass({ dryRun: false });
    await server.kubectl(['annotate', 'configmap', '-n', 'prunes', 'd', 'easycerts/addon-set-']);
    await rm(join(directory, 'gone.yaml'));
    await rm(join(directory, 'handed-over.yaml'));
    const early = await set.pass({ dryRun: false });
    assert.deepEqual(outcomes(early), { c: 'unchanged' });
    assert.deepEqual(early.dueAtMs, [clock.now().getTime() + pruneDelayMs]);
    assert.equal(await exists('prunes', 'a'), true);
    clock.advance(pruneDelayMs);
    assert.deepEqual(outcomes(await set.pass({ dryRun: false })), { a: 'pruned', c: 'unchanged', d: 'kept' });
    assert.deepEqual(await Promise.all(['a', 'b', 'c', 'd'].map((name) => exists('prunes', name))), [
      false,
      true,
      true,
      true,
    ]);
    assert.deepEqual(outcomes(await set.pass({ dryRun: false })), { c: 'unchanged' });
    set.close();
  });

  test('a file that is renamed costs its objects nothing', async () => {
    const { set, directory } = await openSet('renames');
    await writeFile(join(directory, 'old.yaml'), configMap('renames', 'a', reconcile));
    await set.pass({ dryRun: false });
    const before = await value('renames', 'a', '.metadata.uid');
    await rename(join(directory, 'old.yaml'), join(directory, 'away'));
    await set.pass({ dryRun: false });
    await rename(join(directory, 'away'), join(directory, 'new.yaml'));
    clock.advance(2 * pruneDelayMs);
    assert.deepEqual(outcomes(await set.pass({ dryRun: false })), { a: 'unchanged' });
    assert.equal(await value('renames', 'a', '.metadata.uid'), before);
    set.close();
  });

  test('prunes what an earlier process applied', async () => {
    const { set, directory, open } = await openSet('survives');
    await writeFile(join(directory, 'a.yaml'), configMap('survives', 'a', reconcile));
    await set.pass({ dryRun: false });
    set.close();
    await rm(join(directory, 'a.yaml'));
    const later = open();
    await later.pass({ dryRun: false });
    clock.advance(pruneDelayMs);
    assert.deepEqual(outcomes(await later.pass({ dryRun: false })), { a: 'pruned' });
    later.close();
  });

  for (const [name, harm] of Object.entries({
    deleted: ['delete', 'configmap', '-n', 'kube-system', 'easycerts-addons-inventory'],
    damaged: [
      'patch',
      'configmap',
      '-n',
      'kube-system',
      'easycerts-addons-inventory',
      '-p',
      '{"data":{"inventory.json":"x"}}',
    ],
  })) {
    test(`an inventory that was ${name} is written anew`, async () => {
      const { set, directory } = await openSet(`inventory-${name}`);
      await writeFile(join(directory, 'a.yaml'), configMap(`inventory-${name}`, 'a', reconcile));
      await set.pass({ dryRun: false });
      await server.kubectl(harm);
      await rm(join(directory, 'a.yaml'));
      await set.pass({ dryRun: false });
      clock.advance(pruneDelayMs);
      assert.deepEqual(outcomes(await set.pass({ dryRun: false })), { a: 'pruned' });
      set.close();
    });
  }

  test('a damaged manifest harms no other, and what came from its file stays', async () => {
    const { set, directory } = await openSet('damaged');
    await writeFile(join(directory, 'a.yaml'), configMap('damaged', 'a', reconcile));
    await set.pass({ dryRun: false });
    await writeFile(join(directory, 'a.yaml'), 'kind: [');
    await writeFile(join(directory, 'b.yaml'), configMap('damaged', 'b', reconcile));
    clock.advance(pruneDelayMs);
    await set.pass({ dryRun: false });
    clock.advance(pruneDelayMs);
    const report = await set.pass({ dryRun: false });
    assert.deepEqual(
      report.problems.map(({ source }) => source),
      [{ file: 'a.yaml', document: 1 }],
    );
    assert.equal(isSettled(report), false);
    assert.equal(await exists('damaged', 'a'), true);
    assert.equal(await exists('damaged', 'b'), true);
    set.close();
  });

  test('nothing is pruned while the directory cannot be read', async () => {
    const { set, directory } = await openSet('unreadable');
    await writeFile(join(directory, 'a.yaml'), configMap('unreadable', 'a', reconcile));
    await set.pass({ dryRun: false });
    await rename(directory, `${directory}-away`);
    clock.advance(pruneDelayMs);
    const report = await set.pass({ dryRun: false });
    assert.equal(report.interruption?.code, 'NOT_FOUND');
    await mkdir(directory);
    await set.pass({ dryRun: false });
    assert.equal(await exists('unreadable', 'a'), true);
    set.close();
  });

  test('a manifest that others may write to is not applied', async () => {
    const { set, directory } = await openSet('unsafe');
    await writeFile(join(directory, 'a.yaml'), configMap('unsafe', 'a', reconcile));
    await chmod(join(directory, 'a.yaml'), 0o666);
    const report = await set.pass({ dryRun: false });
    assert.match(report.problems[0]?.cure ?? '', /chmod go-w/);
    assert.equal(await exists('unsafe', 'a'), false);
    set.close();
  });

  test('an object without the label is left alone, also when it had one before', async () => {
    const { set, directory } = await openSet('unlabelled');
    await writeFile(join(directory, 'a.yaml'), configMap('unlabelled', 'a', reconcile));
    await set.pass({ dryRun: false });
    await writeFile(join(directory, 'a.yaml'), configMap('unlabelled', 'a', 'app: mine'));
    await set.pass({ dryRun: false });
    clock.advance(pruneDelayMs);
    const report = await set.pass({ dryRun: false });
    assert.deepEqual(
      report.problems.map(({ kind }) => kind),
      ['ignored'],
    );
    assert.equal(await exists('unlabelled', 'a'), true);
    set.close();
  });

  test('an object of a kind that another manifest defines is made once the kind is there', async () => {
    const { set, directory } = await openSet('defines');
    await writeFile(join(directory, '1-object.yaml'), widget('defines'));
    await writeFile(join(directory, '2-kind.yaml'), widgetDefinition);
    const first = await set.pass({ dryRun: false });
    assert.deepEqual(outcomes(first), { 'widgets.example.com': 'created', w: 'failed' });
    let last = first;
    // By its own time: the API server serves a new kind when its definition has been accepted.
    for (let attempt = 0; attempt < 100 && !isSettled(last); attempt += 1) {
      clock.advance(secondMs);
      last = await set.pass({ dryRun: false });
    }
    assert.ok(isSettled(last));
    assert.equal(await server.kubectl(['get', 'widgets', '-n', 'defines', 'w', '-o', 'jsonpath={.spec.size}']), '3');
    await rm(join(directory, '1-object.yaml'));
    await rm(join(directory, '2-kind.yaml'));
    await set.pass({ dryRun: false });
    clock.advance(pruneDelayMs);
    assert.deepEqual(outcomes(await set.pass({ dryRun: false })), { w: 'pruned', 'widgets.example.com': 'kept' });
    set.close();
  });

  test('a change that the API server refuses is tried again more and more rarely, and cured by deleting the object', async () => {
    const { set, directory } = await openSet('refused');
    const immutable = (data: string): string => `${configMap('refused', 'a', reconcile, data)}immutable: true\n`;
    await writeFile(join(directory, 'a.yaml'), immutable('one'));
    await set.pass({ dryRun: false });
    await writeFile(join(directory, 'a.yaml'), immutable('two'));
    const report = await set.pass({ dryRun: false });
    assert.equal(report.results[0]?.error?.code, 'INVALID_INPUT');
    assert.match(report.results[0]?.error?.details.cure ?? '', /delete the object/);
    assert.deepEqual(outcomes(await set.pass({ dryRun: false })), { a: 'waiting' });
    await server.kubectl(['delete', 'configmap', '-n', 'refused', 'a']);
    clock.advance(secondMs);
    assert.deepEqual(outcomes(await set.pass({ dryRun: false })), { a: 'created' });
    assert.equal(await value('refused', 'a'), 'two');
    set.close();
  });

  test('what is wrong with a Secret is told without its content', async () => {
    const { set, directory } = await openSet('secrets');
    const secret = `apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: secrets, labels: {${reconcile}}}\n`;
    await writeFile(join(directory, 's.yaml'), `${secret}stringData: {password: {nested: hunter2}}\n`);
    const report = await set.pass({ dryRun: false });
    assert.equal(report.results[0]?.outcome, 'failed');
    assert.doesNotMatch(JSON.stringify(report), /hunter2/);
    set.close();
  });

  test('an unknown field is refused and not dropped', async () => {
    const { set, directory } = await openSet('strict');
    await writeFile(join(directory, 'a.yaml'), `${configMap('strict', 'a', reconcile)}daata: {}\n`);
    const report = await set.pass({ dryRun: false });
    assert.match(report.results[0]?.error?.message ?? '', /daata/);
    set.close();
  });

  test('a dry run tells what would happen and stores nothing', async () => {
    const { set, directory } = await openSet('dry');
    await writeFile(join(directory, 'a.yaml'), configMap('dry', 'a', reconcile));
    await writeFile(join(directory, 'b.yaml'), configMap('dry', 'b', reconcile));
    assert.deepEqual(outcomes(await set.pass({ dryRun: true })), { a: 'created', b: 'created' });
    assert.equal(await exists('dry', 'a'), false);
    assert.equal(await exists('kube-system', 'easycerts-addons-inventory'), false);
    await set.pass({ dryRun: false });
    await writeFile(join(directory, 'a.yaml'), configMap('dry', 'a', reconcile, 'changed'));
    await rm(join(directory, 'b.yaml'));
    assert.deepEqual(outcomes(await set.pass({ dryRun: true })), { a: 'corrected', b: 'pruned' });
    assert.equal(await value('dry', 'a'), 'written');
    assert.equal(await exists('dry', 'b'), true);
    set.close();
  });

  test('the addons set keeps its hands off objects of the bootstrap set', async () => {
    const { set, directory } = await openSet('hands-off');
    const marked = configMap('hands-off', 'a', reconcile).replace(
      '\ndata:',
      '\n  annotations: {easycerts/addon-set: bootstrap}\ndata:',
    );
    await server.kubectl(['apply', '-f', '-'], marked);
    await writeFile(join(directory, 'a.yaml'), configMap('hands-off', 'a', reconcile, 'mine'));
    const report = await set.pass({ dryRun: false });
    assert.equal(report.results[0]?.error?.details.reason, 'bootstrap');
    assert.equal(await value('hands-off', 'a'), 'written');
    set.close();
  });

  test('an object that is being deleted is made anew once it is gone', async () => {
    const { set, directory } = await openSet('terminating');
    const held = configMap('terminating', 'a', reconcile).replace(
      '\ndata:',
      '\n  finalizers: [example.com/hold]\ndata:',
    );
    await writeFile(join(directory, 'a.yaml'), held);
    await set.pass({ dryRun: false });
    await server.kubectl(['delete', 'configmap', '-n', 'terminating', 'a', '--wait=false']);
    assert.deepEqual(outcomes(await set.pass({ dryRun: false })), { a: 'waiting' });
    await server.kubectl(['patch', 'configmap', '-n', 'terminating', 'a', '-p', '{"metadata":{"finalizers":null}}']);
    assert.deepEqual(outcomes(await set.pass({ dryRun: false })), { a: 'created' });
    await server.kubectl(['patch', 'configmap', '-n', 'terminating', 'a', '-p', '{"metadata":{"finalizers":null}}']);
    set.close();
  });

  test('goes on after the API server was away', async () => {
    const { set, directory } = await openSet('away');
    await writeFile(join(directory, 'a.yaml'), configMap('away', 'a', reconcile));
    await set.pass({ dryRun: false });
    await server.restart();
    await server.kubectl(['delete', 'configmap', '-n', 'away', 'a']);
    assert.deepEqual(outcomes(await set.pass({ dryRun: false })), { a: 'created' });
    set.close();
  });
});

function configMap(namespace: string, name: string, label: string, data = 'written'): string {
  return `apiVersion: v1
kind: ConfigMap
metadata:
  name: ${name}
  namespace: ${namespace}
  labels: {${label}}
data: {value: ${data}}
`;
}

function widget(namespace: string): string {
  return `apiVersion: example.com/v1
kind: Widget
metadata: {name: w, namespace: ${namespace}, labels: {${reconcile}}}
spec: {size: 3}
`;
}

const widgetDefinition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com, labels: {${reconcile}}}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets, singular: widget}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}}}}}}
`;

function outcomes(report: PassReport): Record<string, string> {
  assert.equal(report.interruption, undefined);
  return Object.fromEntries(report.results.map(({ reference, outcome }) => [reference.name, outcome]));
}

function resourceVersions(server: KubeApiServer, namespace: string): Promise<string> {
  return server.kubectl(['get', 'configmaps', '-n', namespace, '-o', 'jsonpath={.items[*].metadata.resourceVersion}']);
}
