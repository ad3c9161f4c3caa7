/** Whether this machine lets us make sandboxes: for tests that are skipped where it doesn't. */

import { execFileSync } from 'node:child_process';

/** The reason to skip, or false. */
export function whyNoSandbox(): string | false {
  if (process.geteuid?.() !== 0) return 'needs root';
  const name = `ec-t${process.pid}`;
  try {
    const quiet = { stdio: 'ignore' } as const;
    execFileSync('unshare', ['--mount', '--net', '--pid', '--fork', '--cgroup', 'true'], quiet);
    execFileSync('ip', ['link', 'add', name, 'type', 'veth', 'peer', 'name', `${name}p`], quiet);
    execFileSync('ip', ['link', 'delete', name], quiet);
    return false;
  } catch {
    return 'this machine lets root make no namespaces or interfaces (a container without privileges?)';
  }
}
