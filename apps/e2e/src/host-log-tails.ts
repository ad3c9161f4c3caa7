/** The last lines of the journals of hosts, for a test that failed. */

import { type Host, type Hosts, openHosts } from '@easycerts/test-hosts';

const tailLines = 30;

/** Units whose journal is shown: ours and Kubernetes'. */
const unitPatterns = ['easycerts-*', 'kube*', 'etcd*', 'flanneld*', 'containerd*'];

/** One unit after the other, each with its state; nothing of those that never ran. */
const script = `
systemctl list-units --all --plain --no-legend --type=service "$@" | while read -r unit _ active sub _; do
  lines=$(journalctl --no-pager --quiet --unit "$unit" --lines ${tailLines} --output short-precise --no-hostname | cut -c1-400)
  [ -z "$lines" ] || printf '\\n--- %s %s (%s)\\n%s\\n' "$HOST" "$unit" "$active, $sub" "$lines"
done`;

/** Of every host of a group that is on. */
export async function hostLogTails(group: string): Promise<string> {
  const tails = await Promise.all(hostsOf(group).map(tailOf));
  return tails.join('');
}

async function tailOf(host: Host): Promise<string> {
  if (!host.isRunning()) return `\n--- ${host.name} is off\n`;
  const words = ['env', `HOST=${host.name}`, 'sh', '-c', script, 'sh', ...unitPatterns];
  const { stdout, stderr } = await host.exec(words, { timeoutMs: 20_000 });
  return stdout + stderr;
}

/** A test may have failed before there was a host. */
function hostsOf(group: string): Hosts['all'] {
  try {
    return openHosts(group).all;
  } catch {
    return [];
  }
}
