/** Two machines become nodes at once, with one token that can be used twice. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type AutomationReader, startAutomation } from '../../src/automation.ts';
import { type PrintedEvent, parseLines } from '../../src/events.ts';
import { eventually } from '../../src/eventually.ts';
import { hostSnapshot } from '../../src/host-snapshot.ts';
import { images } from '../../src/place.ts';
import { collect } from '../../src/run-command.ts';
import { step } from '../../src/step.ts';
import {
  allIn,
  cluster,
  events,
  failedUnits,
  imageArchives,
  importedImages,
  master,
  masterUnits,
  nodeComponents,
  nodes,
  nodesReady,
  nodeUnits,
  snapshotBefore,
  unitStates,
} from './cluster.ts';
import { writeNodeYaml } from './workloads.ts';

/** One after the other on each host; `certificate.delivered` and `component.started` come for each of theirs. */
const stages = ['token.used', 'host.joined', 'certificate.delivered', 'component.started', 'host.ready'];

/** Ended by its number over there: its connection here ends with it. */
const watcherPid = '/run/e2e-watcher.pid';
const watch = 'exec easycerts events --all --follow --json';

/** The same for the program, which knows a use of a token by the token. */
const automationStages = stages.filter((type) => type !== 'token.used');

step('nodes join by a token', cluster, () => {
  let token = '';
  let watched: () => readonly PrintedEvent[] = () => [];
  let automation: AutomationReader | undefined;
  before(async () => {
    automation = await startAutomation(cluster, 'watcher');
    // An administrator who looks on the whole time, too.
    const watcher = cluster.host(master).start(['sh', '-c', `echo $$ > ${watcherPid}; ${watch}`]);
    const printed = collect(watcher);
    watched = () => parseLines(printed().stdout);
    // As whoever looks after these machines has prepared them.
    for (const name of nodes) await writeNodeYaml(name, { kubelet: { seedImages: imageArchives } });
    for (const host of nodes.map(cluster.host)) cluster.remember(snapshotBefore(host.name), await hostSnapshot(host));
  });

  after(async () => {
    await automation?.stop();
    await cluster.mustExec(['sh', '-c', `kill "$(cat ${watcherPid})"`]);
  });

  test('ca token create prints one line, and a node’s role is all that it gives', async () => {
    const printed = await cluster.mustExec(['ca', 'token', 'create', '--role', 'node', '--uses', '2']);
    assert.match(printed, /^ect1\.[\w-]+\.[\w-]+\n$/);
    token = printed.trim();
    await eventually('the event', () => watched().some(({ type }) => type === 'easycerts.token.created'));
  });

  test('an ordinary user cannot join a machine', async () => {
    await cluster.host('n1').mustExec(['useradd', 'alice']);
    const words = ['joiner', 'join'];
    const { code, stderr } = await cluster.host('n1').exec(words, { user: 'alice', input: `${token}\n` });
    assert.equal(code, 1, stderr);
    assert.match(stderr, /root/);
  });

  test('both join at once, and each command ends when its node is Ready', async () => {
    const startedMs = performance.now();
    await Promise.all(
      nodes.map(async (name) => {
        const host = cluster.host(name);
        await host.mustExec(['joiner', 'join'], { input: `${token}\n`, timeoutMs: 300_000 });
        process.stdout.write(`${name} Ready after ${((performance.now() - startedMs) / 1_000).toFixed(1)} s\n`);
        await nodesReady([name], 5_000);
      }),
    );
  });

  for (const name of nodes) {
    test(`${name}: its services and components are active, those of a master do not run, nothing has failed`, async () => {
      const units = [...nodeUnits, ...nodeComponents];
      assert.deepEqual(await unitStates(name, units), allIn('active', units));
      assert.deepEqual(await unitStates(name, masterUnits), allIn('inactive', masterUnits));
      assert.deepEqual(await failedUnits(name), []);
    });

    test(`${name}: images without a registry are there, as node.yaml says`, async () => {
      const imported = await importedImages(name);
      for (const { ref } of Object.values(images())) assert.ok(imported.includes(ref), `${ref} in ${imported}`);
    });

    test(`${name}: the token is gone: no file, no journal, no command line has it`, async () => {
      const [, , secretPart = ''] = /^(ect1)\.(.+)\..+$/.exec(token) ?? [];
      assert.ok(secretPart.length > 40);
      // Read from standard input: a word on the command line would find itself in /proc.
      const search = `read -r word
grep -rlF -e "$word" /etc /var /run /root /home 2> /dev/null
grep -lF -e "$word" /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2> /dev/null
journalctl --no-pager | grep -F -e "$word"
true`;
      assert.equal(await cluster.host(name).mustExec(['sh', '-c', search], { input: `${secretPart}\n` }), '');
    });
  }

  test('every step of the joins was an event, in order, each once', async () => {
    await eventually('both are ready', () => nodes.every((name) => ofHost(watched(), name, 'host.ready').length > 0));
    const seen = [...new Map(watched().map((event) => [event.id, event])).values()];
    for (const name of nodes) {
      for (const type of ['token.used', 'host.joined'])
        assert.equal(ofHost(seen, name, type).length, 1, `${name} ${type}`);
      const order = stages.map((type) => seen.findIndex((event) => isOf(event, name, type)));
      assert.deepEqual(
        order,
        order.toSorted((a, b) => a - b),
        `${name}: ${stages.join(', ')}`,
      );
      assert.ok(!order.includes(-1), `${name}: ${order.join(', ')}`);
    }
    const stored = new Set((await events()).map(({ id }) => id));
    assert.deepEqual(
      seen.filter(({ id }) => !stored.has(id)),
      [],
    );
  });

  test('a program with credentials of its own has seen every step, in order, each once', async () => {
    const handled = () => automation?.handled() ?? assert.fail('no automation');
    const of = (name: string) =>
      handled().filter(
        ({ subject, id }) => subject.startsWith(`easycerts.v1.host.${name}.`) || id.startsWith(`host.joined:${name}:`),
      );
    await eventually('it knows that both are ready', () =>
      nodes.every((name) => of(name).some(({ id }) => id.startsWith('host.ready:'))),
    );
    for (const name of nodes) {
      const ids = of(name).map(({ id }) => id);
      assert.equal(new Set(ids).size, ids.length, `${name}: ${ids.join(' ')}`);
      const order = automationStages.map((type) => ids.findIndex((id) => id.startsWith(`${type}:`)));
      assert.ok(!order.includes(-1), `${name}: ${automationStages.join(', ')} in ${ids.join(' ')}`);
      assert.deepEqual(
        order,
        order.toSorted((a, b) => a - b),
        `${name}: ${ids.join(' ')}`,
      );
    }
    // What is stored since it came it has seen, but for the audit trail, which is not for automation.
    const stored = (await events()).filter(({ type }) => !type.endsWith('.refused')).map(({ id }) => id);
    const since = stored.slice(stored.indexOf(handled()[0]?.id ?? ''));
    await eventually('it has caught up', () => {
      const known = new Set(handled().map(({ id }) => id));
      return since.every((id) => known.has(id));
    });
  });

  test('each phase that the command went through was told, from the one that enrols on', async () => {
    for (const name of nodes) {
      const phases = ofHost(await events(), name, 'host.phase').map(({ data }) => `${data.phase} ${data.state}`);
      for (const phase of ['enrol', 'certificates', 'components', 'ready']) {
        // the services may be faster than the command that looks on
        const isTold = phases.includes(`${phase} done`) || phases.includes(`${phase} skipped`);
        assert.ok(isTold, `${name}: ${phase} in ${phases.join(', ')}`);
      }
    }
  });

  test('the token was used twice and is used up; no event has its secret', async () => {
    const all = await events();
    const left = all.filter(({ type }) => type === 'easycerts.token.used').map(({ data }) => data.usesLeft);
    assert.deepEqual(left, [1, 0]);
    assert.ok(!JSON.stringify(all).includes(token.split('.')[1] ?? assert.fail('no token')));
  });

  test('running it again says that all is well, and uses no token', async () => {
    await cluster.host('n1').mustExec(['joiner', 'join'], { timeoutMs: 60_000 });
    const used = (await events()).filter(({ type }) => type === 'easycerts.token.used');
    assert.equal(used.length, 2);
  });
});

function isOf({ type, data }: PrintedEvent, host: string, wanted: string): boolean {
  return type === `easycerts.${wanted}` && data.host === host;
}

function ofHost(all: readonly PrintedEvent[], host: string, type: string): readonly PrintedEvent[] {
  return all.filter((event) => isOf(event, host, type));
}
