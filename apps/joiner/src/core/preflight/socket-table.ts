/** Who listens: /proc/net/tcp and /proc/net/tcp6 (proc_net_tcp(5)), and the unit of a process by its control group. */

export interface ListeningSocket {
  readonly port: number;
  readonly address: string;
  readonly inode: string;
}

/** State of a socket that listens (TCP_LISTEN of linux/include/net/tcp_states.h). */
const listenState = '0A';

/** The listening sockets of such a table. */
export function parseListening(table: string): readonly ListeningSocket[] {
  return table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
      const [address = '', port = ''] = local.split(':');
      if (state !== listenState || port === '') return [];
      return [{ port: Number.parseInt(port, 16), address: addressText(address), inode }];
    });
}

/** Four bytes in the order of the machine (little-endian on all that we run on), or four times four. */
function addressText(hex: string): string {
  const bytes = (word: string): readonly number[] =>
    [6, 4, 2, 0].map((at) => Number.parseInt(word.slice(at, at + 2), 16));
  if (hex.length === 8) return bytes(hex).join('.');
  const all = [0, 8, 16, 24].flatMap((at) => bytes(hex.slice(at, at + 8)));
  if (all.every((byte) => byte === 0)) return '::';
  const groups = Array.from({ length: 8 }, (_, at) =>
    (((all[at * 2] ?? 0) << 8) | (all[at * 2 + 1] ?? 0)).toString(16),
  );
  return groups.join(':');
}

/** The systemd unit, without suffix, that a control group belongs to (/proc/<pid>/cgroup). */
export function unitOfCgroup(text: string): string | undefined {
  for (const line of text.split('\n')) {
    const unit = /\/([^/]+)\.service(?:\/|$)/.exec(line)?.[1];
    if (unit !== undefined) return unit;
  }
  return undefined;
}
