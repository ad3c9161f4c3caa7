/** Our own services and nats-server die: the cluster keeps answering, they come back, nothing is lost. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { during } from '../../src/continuous.ts';
import { eventually } from '../../src/eventually.ts';
import type { InsideProcess, ServiceUnit } from '../../src/inside-processes.ts';
import { componentProcesses, serviceCommands, serviceProcess } from '../../src/inside-processes.ts';
import { listIssued } from '../../src/issued.ts';
import { serialOf, setOf } from '../../src/secrets.ts';
import { step } from '../../src/step.ts';
import { machine } from './cluster.ts';

const units = Object.keys(serviceCommands) as ServiceUnit[];
const identities = (processes: ReadonlyMap<string, InsideProcess>): readonly string[] =>
  [...processes].map(([name, { pid, startedAt }]) => `${name} ${pid} ${startedAt}`).sort();

function running(unit: ServiceUnit): InsideProcess {
  const found = serviceProcess(machine, unit);
  assert.ok(found, `${unit} runs`);
  return found;
}

/** Until a process of the unit runs that is not the one before. */
async function untilBack(unit: ServiceUnit, before: InsideProcess): Promise<void> {
  await eventually(`${unit} runs again`, () => {
    const now = serviceProcess(machine, unit);
    return now !== undefined && now.startedAt !== before.startedAt;
  });
}

const untilReady = (): Promise<true> =>
  eventually(
    'everything ready',
    async () => (await machine.json<{ isReady: boolean }>(['status'], [0, 1])).isReady || undefined,
    { timeoutMs: 90_000 },
  );

const get = (): Promise<string> => machine.mustKubectl(['get', 'pods', '--request-timeout=10s']);

step('services die and come back', machine, () => {
  let serials: readonly string[] = [];
  let components: readonly string[] = [];

  test('what there is before', async () => {
    serials = (await listIssued(machine)).map(({ serial }) => serial);
    components = identities(componentProcesses(machine));
    assert.equal(components.length, 8, components.join(', '));
  });

  for (const unit of units) {
    test(`kill -9 of ${unit}: the cluster keeps answering, and it comes back by itself`, async () => {
      const before = running(unit);
      const { attempts, failures } = await during(async () => {
        process.kill(before.pid, 'SIGKILL');
        await untilBack(unit, before);
        await untilReady();
      }, get);
      assert.deepEqual(failures, []);
      assert.ok(attempts > 0);
    });
  }

  test('kill -9 of all of them at once: the same', async () => {
    const before = new Map(units.map((unit) => [unit, running(unit)]));
    const { failures } = await during(async () => {
      for (const { pid } of before.values()) process.kill(pid, 'SIGKILL');
      for (const [unit, process] of before) await untilBack(unit, process);
      await untilReady();
    }, get);
    assert.deepEqual(failures, []);
  });

  test('no component of Kubernetes was restarted by that', () => {
    assert.deepEqual(identities(componentProcesses(machine)), components);
  });

  test('nothing is lost: the same certificates, and none issued anew', async () => {
    const now = await eventually('ca list', () => listIssued(machine));
    assert.deepEqual(
      now.map(({ serial }) => serial),
      serials,
    );
  });

  test('the CA signs as before', async () => {
    const before = await serialOf(setOf(machine, 'kube-scheduler').cert);
    await machine.mustExec(['certmgr', 'ensure', '--force', 'kube-scheduler']);
    const after = await serialOf(setOf(machine, 'kube-scheduler').cert);
    assert.notEqual(after, before);
    assert.equal((await listIssued(machine))[0]?.serial, after);
  });
});
