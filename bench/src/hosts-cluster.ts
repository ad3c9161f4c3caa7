/** A master on a host with systemd of its own, from our package, and hosts that have it installed: what the benchmarks join to. */

import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirs, ensureAssets } from '@easycerts/kube-assets';
import { ensurePackage } from '@easycerts/package';
import { type Host, type Hosts, hostBinDir, kubernetesShares, startHosts } from '@easycerts/test-hosts';

export interface BenchCluster {
  readonly hosts: Hosts;
  readonly master: Host;
  down(): Promise<void>;
}

const deb = '/opt/easycerts.deb';
/** Far from what any machine needs. */
const longestMs = 300_000;

/** Makes hosts `m1` and `others` with our package and the images, and a cluster of m1 alone. */
export async function startBenchCluster(
  group: string,
  others: readonly string[],
  say: (line: string) => void,
): Promise<BenchCluster> {
  if (process.getuid?.() !== 0) throw new Error('hosts need root');
  const { env } = process;
  const [assets, { path }] = [await ensureAssets({ group: 'all', env }), await ensurePackage({ env })];
  const groups = join(cacheDirs(env, 'hosts').root, 'groups');
  mkdirSync(groups, { recursive: true });
  const hosts = await startHosts({
    group,
    folder: mkdtempSync(join(groups, `${group}-`)),
    hosts: ['m1', ...others],
    shares: kubernetesShares(assets),
    ownerPid: process.pid,
    env,
  });
  try {
    const { pause, coredns } = assets.images;
    await Promise.all(
      hosts.all.map(async (host) => {
        await host.copyIn(path, deb);
        await host.mustExec(['env', 'DEBIAN_FRONTEND=noninteractive', 'dpkg', '--install', deb]);
        const archives = host.name === 'm1' ? [pause, coredns] : [pause];
        for (const { archive } of archives) {
          const words = ['ctr', '--namespace', 'k8s.io', 'images', 'import', '-'];
          await host.mustExec(words, { inputFile: archive });
        }
      }),
    );
    const master = hosts.host('m1');
    const config = {
      roles: ['master'],
      masterAddress: 'm1',
      binDir: hostBinDir,
      kubelet: { sandboxImage: pause.ref },
      addons: { dns: { image: coredns.ref } },
    };
    await master.mustExec(['sh', '-c', 'cat > /etc/easycerts/cluster.yaml'], { input: JSON.stringify(config) });
    await master.mustExec(['joiner', 'init'], { timeoutMs: longestMs });
    say('  a master on a host of its own is Ready');
    return { hosts, master, down: () => hosts.down() };
  } catch (error) {
    await hosts.down();
    throw error;
  }
}
