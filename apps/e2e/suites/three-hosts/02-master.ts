/** `cluster.yaml` and one command make a master. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostBinDir } from '@easycerts/test-hosts';
import { kubectlOnMaster } from '../../src/hosts-cluster.ts';
import { listIssued } from '../../src/issued.ts';
import { images } from '../../src/place.ts';
import { step } from '../../src/step.ts';
import {
  allIn,
  cluster,
  controlPlane,
  failedUnits,
  imageArchives,
  importedImages,
  master,
  masterUnits,
  nodesReady,
  unitStates,
} from './cluster.ts';

const { pause, coredns } = images();

const config = `roles: [master]
masterAddress: ${master}
binDir: ${hostBinDir}
kubelet:
  sandboxImage: ${pause.ref}
  seedImages: ${JSON.stringify(imageArchives)}
addons:
  dns:
    image: ${coredns.ref}
`;

step('a master by one command', cluster, () => {
  const host = () => cluster.host(master);

  test('an ordinary user cannot make one, and is told why', async () => {
    await host().mustExec(['useradd', '--create-home', 'alice']);
    await host().mustExec(['sh', '-c', 'cat > /etc/easycerts/cluster.yaml'], { input: config });
    const { code, stderr } = await host().exec(['joiner', 'init'], { user: 'alice' });
    assert.equal(code, 1);
    assert.match(stderr, /root/);
    assert.deepEqual(await unitStates(master, masterUnits), allIn('inactive', masterUnits));
  });

  test('joiner init ends when the master is ready', async () => {
    const printed = await host().mustExec(['joiner', 'init'], { timeoutMs: 300_000 });
    process.stdout.write(printed);
    await nodesReady([master], 5_000);
  });

  test('all units are active, and none has failed', async () => {
    const units = [...masterUnits, ...controlPlane];
    assert.deepEqual(await unitStates(master, units), allIn('active', units));
    assert.deepEqual(await failedUnits(master), []);
  });

  test('images without a registry are there, as cluster.yaml says', async () => {
    const imported = await importedImages(master);
    for (const { ref } of Object.values(images())) assert.ok(imported.includes(ref), `${ref} in ${imported}`);
  });

  test('kubectl works for root', async () => {
    assert.equal(await cluster.mustKubectl(['get', '--raw', '/readyz']), 'ok');
    await cluster.mustKubectl(['auth', 'can-i', '*', '*']);
  });

  test('the master takes no pods but those that ask for it', async () => {
    const { spec } = await cluster.get<{ spec: { taints?: readonly { key: string; effect: string }[] } }>([
      'node',
      master,
    ]);
    assert.ok(spec.taints?.some(({ effect }) => effect === 'NoSchedule'));
  });

  test('for another user kubectl does not work, and no key can be read', async () => {
    const { code, stderr } = await host().exec(kubectlOnMaster(['get', 'nodes']), { user: 'alice' });
    assert.notEqual(code, 0);
    assert.match(stderr, /permission denied/);
    const readable = `find /etc/kubernetes /etc/easycerts /var/lib/kubernetes /var/lib/easycerts -name '*.key' -readable 2> /dev/null`;
    assert.equal((await host().exec(['sh', '-c', readable], { user: 'alice' })).stdout, '');
  });

  test('a second joiner init changes nothing', async () => {
    const serials = (await listIssued(cluster)).map(({ serial }) => serial);
    assert.ok(serials.length > 0);
    const started = await startTimes();
    await host().mustExec(['joiner', 'init'], { timeoutMs: 60_000 });
    assert.deepEqual(
      (await listIssued(cluster)).map(({ serial }) => serial),
      serials,
    );
    assert.deepEqual(await startTimes(), started);
  });

  async function startTimes(): Promise<readonly string[]> {
    const units = [...masterUnits, ...controlPlane];
    const show = ['systemctl', 'show', '--property', 'Id,ExecMainStartTimestampMonotonic', ...units];
    return (await host().mustExec(show)).split('\n\n');
  }
});
