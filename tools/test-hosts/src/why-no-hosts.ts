/** Whether this machine lets us make hosts, for tests that are skipped where it does not. */

import { type Environment, runCommand } from '@easycerts/kube-assets';
import { findBase } from './ensure-base.ts';
import { systemEnvironment } from './system-environment.ts';

/** The reason to skip, or false. Without a base in the cache that is a reason: making it takes more than a test may. */
export async function whyNoHosts(env: Environment): Promise<string | false> {
  if (process.geteuid?.() !== 0) return 'needs root';
  const words = ['--mount', '--net', '--pid', '--fork', '--cgroup', '--uts', '--ipc'];
  const probe = 'mount -t tmpfs none /mnt && ip link add ec-probe type veth peer name ec-probe1';
  const { exitCode } = await runCommand('unshare', [...words, 'sh', '-c', probe], { env: systemEnvironment });
  if (exitCode !== 0) return 'this machine lets root make no namespaces, mounts or interfaces';
  if ((await findBase(env)) === undefined) return 'no root file system for hosts in the cache: `npm run e2e` makes it';
  return false;
}
