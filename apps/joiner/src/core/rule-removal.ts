/** How the rules go that Kubernetes' components leave in the packet filter of a host. */

/** Chains of kubelet and kube-proxy, and of flanneld: nobody else's begin so. */
const ownChain = /^(KUBE|FLANNEL)-/;

/**
 * Input for `iptables-restore --noflush` that takes away every chain of the components and every rule that leads there, given
 * what `iptables-save` prints; empty when there is none. Other rules are not touched.
 */
export function ruleRemovalOf(saved: string): string {
  return saved
    .split(/^(?=\*)/m)
    .map(removalInTable)
    .join('');
}

function removalInTable(text: string): string {
  const [head = '', ...lines] = text.split('\n');
  const chains = lines.flatMap((line) => /^:(\S+)/.exec(line)?.[1] ?? []).filter((chain) => ownChain.test(chain));
  if (!head.startsWith('*') || chains.length === 0) return '';
  const jumps = lines.filter((line) => isJumpToOwn(line)).map((line) => line.replace(/^-A/, '-D'));
  const emptied = chains.map((chain) => `-F ${chain}`);
  const removed = chains.map((chain) => `-X ${chain}`);
  return `${[head, ...jumps, ...emptied, ...removed, 'COMMIT'].join('\n')}\n`;
}

/** A rule of a chain that is not the components' own, and that stays. The text of comments does not count. */
function isJumpToOwn(line: string): boolean {
  const [, chain, rule] = /^-A (\S+) (.*)$/.exec(line) ?? [];
  if (chain === undefined || rule === undefined || ownChain.test(chain)) return false;
  const target = / (?:-j|-g) (\S+)/.exec(` ${rule.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""')}`)?.[1];
  return target !== undefined && ownChain.test(target);
}
