/** THE list of small system tools a node uses. They have shared libraries but no daemon, so they are really installed. */

export interface SystemTool {
  readonly command: string;
  /** Debian package that has it. */
  readonly package: string;
}

export const systemTools: readonly SystemTool[] = [
  { command: 'iptables', package: 'iptables' },
  { command: 'conntrack', package: 'conntrack' },
  { command: 'nft', package: 'nftables' },
  { command: 'ipset', package: 'ipset' },
  { command: 'ip', package: 'iproute2' },
  { command: 'socat', package: 'socat' },
  { command: 'nsenter', package: 'util-linux' },
  { command: 'unshare', package: 'util-linux' },
  { command: 'mount', package: 'mount' },
  { command: 'openssl', package: 'openssl' },
  { command: 'ps', package: 'procps' },
  { command: 'modprobe', package: 'kmod' },
];

/** Daemons and system tools live here on distributions whose ordinary users do not have these folders on PATH. */
export const systemFolders: readonly string[] = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'];

/** The packages that have the given tools, each once, sorted. */
export function packagesOf(tools: readonly SystemTool[]): readonly string[] {
  return [...new Set(tools.map((tool) => tool.package))].sort();
}
