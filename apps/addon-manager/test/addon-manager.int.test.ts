/** The service as it runs: two identities, two sets, events, files that change under it. */

import assert from 'node:assert/strict';
import { mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningService } from '@easycerts/runtime';
import { systemClock } from '@easycerts/runtime';
import type { KubeApiServer, LogEntry, RecordingPublisher, TemporaryDirectory } from '@easycerts/testing';
import {
  missingKubeBinaries,
  recordingLogger,
  recordingPublisher,
  startKubeApiServer,
  temporaryDirectory,
} from '@easycerts/testing';
import type { AddonManagerOptions } from '../src/start-addon-manager.ts';
import { startAddonManager } from '../src/start-addon-manager.ts';

const label = 'addonmanager.kubernetes.io/mode: Reconcile';
const user = 'system:kube-addon-manager';

/** What the bootstrap set gives the everyday user in these tests. */
const rights = `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: ${user}, namespace: kube-system, labels: {${label}}}
rules:
  - {apiGroups: [""], resources: [configmaps], verbs: [create]}
  - {apiGroups: [""], resources: [configmaps], verbs: [delete, get, patch, update],
     resourceNames: [mine, easycerts-addons-inventory, easycerts-bootstrap-inventory]}
  - {apiGroups: [rbac.authorization.k8s.io], resources: [roles, rolebindings], verbs: [get], resourceNames: ["${user}"]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: ${user}, namespace: kube-system, labels: {${label}}}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: ${user}}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ${user}}]
`;
const mine = `apiVersion: v1
kind: ConfigMap
metadata: {name: mine, namespace: kube-system, labels: {${label}}}
data: {value: written}
`;

describe('addon-manager', { skip: missingKubeBinaries }, () => {
  let folder: TemporaryDirectory;
  let server: KubeApiServer;
  let options: AddonManagerOptions;
  let events: RecordingPublisher;
  let entries: readonly LogEntry[];

  before(async () => {
    folder = await temporaryDirectory();
    server = await startKubeApiServer(folder.path);
    options = {
      addonsDirectory: join(folder.path, 'addons'),
      bootstrapDirectory: join(folder.path, 'bootstrap-addons'),
      kubeconfig: await server.writeKubeconfig('addon-manager', user),
      superAdminKubeconfig: join(folder.path, 'super-admin.kubeconfig'),
      intervalMs: 300,
      pruneDelayMs: 500,
    };
  });
  after(async () => {
    await server.stop();
    await folder.remove();
  });
  beforeEach(async () => {
    const kinds = 'configmaps,roles,rolebindings';
    await server.kubectl(['delete', kinds, '-n', 'kube-system', '-l', 'addonmanager.kubernetes.io/mode']);
    const inventories = ['easycerts-addons-inventory', 'easycerts-bootstrap-inventory'];
    await server.kubectl(['delete', 'configmaps', '-n', 'kube-system', ...inventories, '--ignore-not-found']);
    for (const directory of [options.addonsDirectory, options.bootstrapDirectory]) {
      await rm(directory, { recursive: true, force: true });
      await mkdir(directory);
    }
    await writeFile(join(options.bootstrapDirectory, 'rights.yaml'), rights);
    await writeFile(join(options.addonsDirectory, 'mine.yaml'), mine);
  });

  const start = (changed: Partial<AddonManagerOptions> = {}): Promise<RunningService> => {
    const recorded = recordingLogger();
    entries = recorded.entries;
    events = recordingPublisher({ host: 'm1', service: 'addon-manager' }, systemClock);
    const context = { clock: systemClock, logger: recorded.logger, random: Math.random, events };
    return startAddonManager(context, { ...options, ...changed });
  };
  const applied = (name: string): number =>
    events.ofType('addon.applied').filter(({ data }) => data.name === name).length;
  const failed = (): readonly string[] => events.ofType('addon.failed').map(({ data }) => data.message);
  const escalations = (): number => entries.filter(({ msg }) => msg === 'using the rights of super-admin').length;
  const read = (kind: string, name: string, path: string): Promise<string> =>
    server.kubectl(['get', kind, '-n', 'kube-system', name, '-o', `jsonpath={${path}}`, '--ignore-not-found']);

  test('gives itself its rights as super-admin, then works with those alone', async () => {
    const service = await start();
    await until(() => applied('mine') === 1);
    const quiet = escalations();
    await server.kubectl(['delete', 'configmap', '-n', 'kube-system', 'mine']);
    await until(() => applied('mine') === 2);
    assert.equal(escalations(), quiet);
    await service.close();
    assert.deepEqual(failed(), []);
    assert.match(
      await server.kubectl(['get', 'configmap', '-n', 'kube-system', 'mine', '-o', 'json', '--show-managed-fields']),
      /easycerts-addon-manager/,
    );
  });

  test('does not need super-admin when it starts again and all is right', async () => {
    const first = await start();
    await until(() => applied('mine') === 1);
    await first.close();
    await rm(join(options.addonsDirectory, 'mine.yaml'));
    const second = await start();
    await until(() => events.ofType('addon.pruned').length === 1);
    await second.close();
    assert.equal(escalations(), 0);
  });

  test('heals its own role and binding when somebody deletes them', async () => {
    const service = await start();
    await until(() => applied('mine') === 1);
    await server.kubectl(['delete', 'role,rolebinding', '-n', 'kube-system', user]);
    // Twice each: at the start, and now.
    await until(() => applied(user) === 4);
    assert.equal(await read('rolebinding', user, '.roleRef.name'), user);
    await service.close();
  });

  test('takes a widened role back to what its manifest says', async () => {
    const service = await start();
    await until(() => applied('mine') === 1);
    const everything = '{"rules":[{"apiGroups":["*"],"resources":["*"],"verbs":["*"]}]}';
    await server.kubectl(['patch', 'role', '-n', 'kube-system', user, '--type=merge', '-p', everything]);
    await until(async () => !(await read('role', user, '.rules')).includes('*'));
    await service.close();
  });

  test('prunes an addon although the right to do so went with it', async () => {
    const service = await start();
    await until(() => applied('mine') === 1);
    await rm(join(options.addonsDirectory, 'mine.yaml'));
    await writeFile(join(options.bootstrapDirectory, 'rights.yaml'), rights.replace('mine, ', ''));
    await until(() => events.ofType('addon.pruned').length === 1);
    assert.equal(await read('configmap', 'mine', '.metadata.name'), '');
    await service.close();
  });

  test('says once what it may not do, and does it when it may', async () => {
    await writeFile(join(options.addonsDirectory, 'other.yaml'), mine.replaceAll('mine', 'other'));
    const service = await start();
    await until(() => failed().length === 1, 30_000);
    assert.match(failed()[0] ?? '', /apply ConfigMap kube-system\/other|read ConfigMap kube-system\/other/);
    await writeFile(join(options.bootstrapDirectory, 'rights.yaml'), rights.replace('mine, ', 'mine, other, '));
    await until(() => applied('other') === 1);
    assert.equal(failed().length, 1);
    await service.close();
  });

  test('names file and document of a damaged manifest once, and applies the others', async () => {
    await writeFile(join(options.addonsDirectory, 'bad.yaml'), 'a: 1\n---\nkind: [');
    const service = await start();
    await until(() => applied('mine') === 1 && failed().length === 2);
    await writeFile(join(options.addonsDirectory, 'mine.yaml'), mine.replace('written', 'changed'));
    await until(() => applied('mine') === 2);
    assert.equal(failed().length, 2);
    assert.ok(failed().every((message) => /^bad\.yaml document [12]: /.test(message)));
    await service.close();
  });

  test('sees a changed file at once, without waiting for the interval', async () => {
    const service = await start({ intervalMs: 3_600_000 });
    await until(() => applied('mine') === 1);
    await mkdir(join(options.addonsDirectory, 'below'));
    await writeFile(join(options.addonsDirectory, 'mine.yaml'), mine.replace('written', 'changed'));
    await until(async () => (await read('configmap', 'mine', '.data.value')) === 'changed');
    await service.close();
  });

  test('uses a renewed certificate without being told', async () => {
    await server.writeKubeconfig('first', user);
    await server.writeKubeconfig('second', 'somebody-else');
    const link = join(folder.path, 'linked');
    await symlink(join(folder.path, 'second'), link);
    const kubeconfig = join(folder.path, 'linked.kubeconfig');
    const text = await readFile(options.kubeconfig, 'utf8');
    await writeFile(kubeconfig, text.replaceAll(join(folder.path, 'addon-manager/'), `${link}/`));
    const service = await start({ kubeconfig });
    await until(() => entries.some(({ msg }) => msg.includes('somebody-else')));
    await symlink(join(folder.path, 'first'), `${link}.new`);
    await rename(`${link}.new`, link);
    await until(() => applied('mine') === 1);
    await service.close();
  });

  test('waits for an API server that is away, without an event for every attempt', async () => {
    const service = await start();
    await until(() => applied('mine') === 1);
    await server.restart();
    await server.kubectl(['delete', 'configmap', '-n', 'kube-system', 'mine']);
    await until(() => applied('mine') === 2);
    await service.close();
    assert.deepEqual(failed(), []);
  });

  test('works with its own certificate alone where there is no super-admin', async () => {
    const kubeconfig = options.superAdminKubeconfig;
    const service = await start({ kubeconfig, superAdminKubeconfig: join(folder.path, 'none.kubeconfig') });
    await until(() => applied('mine') === 1 && applied(user) === 2);
    await service.close();
  });
});

/** Until something is the case; the limit is for a machine under load. */
async function until(isSo: () => boolean | Promise<boolean>, limitMs = 20_000): Promise<void> {
  const deadlineMs = Date.now() + limitMs;
  while (!(await isSo())) {
    assert.ok(Date.now() < deadlineMs, `not within ${limitMs} ms: ${isSo}`);
    await sleep(20);
  }
}
