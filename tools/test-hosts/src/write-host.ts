/** Writes what a host consists of before it is switched on for the first time: its script, and what only it has on its disk. */

import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hostsFile } from './host-network.ts';
import type { HostPlan } from './host-plan.ts';
import { renderHostScript } from './host-script.ts';

/** The host's folders are new. */
export async function writeHost(plan: HostPlan): Promise<void> {
  const { folders, host, network } = plan;
  for (const folder of [folders.upper, folders.work, folders.root, folders.containerd]) {
    await mkdir(folder, { recursive: true });
  }
  // The mode of the host's `/`, and of /var/lib/containerd as the service makes it.
  await chmod(folders.upper, 0o755);
  await chmod(folders.containerd, 0o711);
  await writeFile(folders.script, renderHostScript(plan), { mode: 0o700 });
  const files: Readonly<Record<string, string>> = {
    'etc/hostname': `${host}\n`,
    'etc/hosts': hostsFile(network),
    // Nobody answers there, at once; an address of the host itself would make a cluster's DNS ask itself.
    'etc/resolv.conf': `nameserver ${network.switchAddress}\noptions timeout:1 attempts:1\n`,
  };
  for (const [path, content] of Object.entries(files)) {
    const target = join(folders.upper, path);
    await mkdir(dirname(target), { recursive: true, mode: 0o755 });
    await writeFile(target, content, { mode: 0o644 });
  }
}
