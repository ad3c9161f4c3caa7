/** The addresses of this host that may stand in certificates: those that stay. */

import { readFile } from 'node:fs/promises';
import type { NetworkInterfaceInfo } from 'node:os';
import { defaultInterfaceOf, type KernelAddress, kernelAddresses } from './kernel-addresses.ts';

export type NetworkInterfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/** What decides which addresses count, read from the kernel. */
export interface AddressFacts {
  /** Those with a carrier, as `os.networkInterfaces()` lists them. */
  readonly running: NetworkInterfaces;
  /** What the kernel's own tables say, of interfaces without a carrier too. */
  readonly kernel: readonly KernelAddress[];
  /** Interface of the default route, if there is one. */
  readonly defaultInterface: string | undefined;
}

// Made by container networks, and so with addresses that come and go with the cluster itself.
const clusterInterface =
  /^(cni|flannel|docker|veth|br-|virbr|cali|cilium|kube-|nodelocaldns|lxc|lxdbr|podman|dummy|ifb)/;

/**
 * The lasting addresses of a host, canonical text: those of the interface with the default route first, IPv4 before IPv6.
 * Left out: loopback, link-local, temporary IPv6 addresses, and interfaces that container networks make. A cable that is pulled
 * out takes no address away; whoever takes the interface down does.
 */
export function lastingAddresses({ running, kernel, defaultInterface }: AddressFacts): readonly string[] {
  const temporary = new Set(kernel.filter(({ isTemporary }) => isTemporary).map(({ address }) => address));
  const present = Object.entries(running).flatMap(([name, infos = []]) =>
    infos.filter(({ internal }) => !internal).map(({ address, family }) => ({ interface: name, address, family })),
  );
  // Where the interface runs Node knows it exactly, IPv4 included; of the others only the kernel knows.
  const withoutCarrier = kernel.filter(({ interface: name }) => running[name] === undefined);
  const rank = (name: string): string => `${name === defaultInterface ? 0 : 1}${name}`;
  const lasting = [...present, ...withoutCarrier]
    .filter(({ interface: name }) => !clusterInterface.test(name))
    .filter(({ address }) => !isLinkLocal(address) && !temporary.has(address))
    .sort((a, b) => compare(rank(a.interface), rank(b.interface)) || compare(a.family, b.family));
  return [...new Set(lasting.map(({ address }) => address))];
}

/**
 * Reads what {@link lastingAddresses} needs besides the running interfaces; absent files mean none. Below /proc/self/net, not
 * /proc/net, which is the same but is not there for a service with ProcSubset=pid, as the CA's is.
 */
export async function readAddressFacts(procDirectory: string, running: NetworkInterfaces): Promise<AddressFacts> {
  const [route, fibTrie, ifInet6] = await Promise.all(
    ['route', 'fib_trie', 'if_inet6'].map((table) =>
      readFile(`${procDirectory}/self/net/${table}`, 'utf8').catch(() => ''),
    ),
  );
  const tables = { route: route ?? '', fibTrie: fibTrie ?? '', ifInet6: ifInet6 ?? '' };
  return { running, kernel: kernelAddresses(tables), defaultInterface: defaultInterfaceOf(tables.route) };
}

function isLinkLocal(address: string): boolean {
  return address.startsWith('169.254.') || /^fe[89ab]/i.test(address);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
