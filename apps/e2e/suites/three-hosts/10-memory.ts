/** A node pays little for us: the agent's resident memory, idle and while it gets every certificate of its host again. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../src/eventually.ts';
import { step } from '../../src/step.ts';
import { cluster, nodes, nodesReady, nodeUnits } from './cluster.ts';

/** In bytes; docs/adr/0021 has what was seen. The peak is that of the join, a moment before garbage is collected. */
const limits = { resident: 80e6, peak: 88e6 } as const;
const sets = '/var/lib/kubernetes/secrets';
/** As many as a node has: kubelet and its client, kube-proxy, flannel. */
const setCount = 4;

step('the memory of the agent', cluster, () => {
  for (const name of nodes) {
    test(`${name}: less than 80 MB are resident when it has nothing to do`, async (t) => {
      await nodesReady([name]);
      // between two collections there may be more
      const text = await eventually('less than 80 MB', async () => {
        const memory = await memoryOf(name);
        if (memory.resident >= limits.resident) throw new Error(memory.text);
        return memory.text;
      });
      t.diagnostic(text);
    });

    test(`${name}: hardly more since it started, though all its certificates are issued again`, async (t) => {
      const host = cluster.host(name);
      const before = await pid(name);
      const old = await host.mustExec(['readlink', '-f', ...(await setPaths(name))]);
      await host.mustExec(['sh', '-c', `rm ${sets}/*`]);
      await host.mustExec(['systemctl', 'kill', '--signal=HUP', '--kill-whom=main', ...nodeUnits]);
      await eventually('new certificates', async () => {
        const paths = await setPaths(name);
        const targets = paths.length < setCount ? '' : await host.mustExec(['readlink', '-f', ...paths]);
        return targets !== '' && targets.split('\n').every((target) => target === '' || !old.includes(target));
      });
      await nodesReady([name]);
      const { peak, text } = await memoryOf(name);
      t.diagnostic(text);
      assert.equal(await pid(name), before, 'the agent was started again');
      assert.ok(peak < limits.peak, text);
    });
  }
});

async function pid(host: string): Promise<string> {
  return (
    await cluster.host(host).mustExec(['systemctl', 'show', '--property=MainPID', '--value', ...nodeUnits])
  ).trim();
}

async function setPaths(host: string): Promise<readonly string[]> {
  const { stdout } = await cluster.host(host).exec(['sh', '-c', `ls -d ${sets}/*`]);
  return stdout.split('\n').filter((path) => path !== '');
}

interface Memory {
  readonly resident: number;
  readonly peak: number;
  /** All of it in words. */
  readonly text: string;
}

/** As the kernel counts it, in bytes. */
async function memoryOf(host: string): Promise<Memory> {
  const status = await cluster.host(host).mustExec(['cat', `/proc/${await pid(host)}/status`]);
  const bytes = (field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024;
  const megabytes = (field: string): string => `${(bytes(field) / 1e6).toFixed(1)} MB`;
  const parts = `${megabytes('RssAnon')} its own and ${megabytes('RssFile')} pages of files`;
  const text = `the agent of ${host} has ${megabytes('VmRSS')} resident, ${parts}, at most ${megabytes('VmHWM')}`;
  return { resident: bytes('VmRSS'), peak: bytes('VmHWM'), text };
}
