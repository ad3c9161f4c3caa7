/** The addresses of this host that may stand in certificates: those that stay. */

import { readFile } from 'node:fs/promises';
import type { NetworkInterfaceInfo } from 'node:os';

export type NetworkInterfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/** What decides which addresses count, read from the kernel. */
export interface AddressFacts {
  readonly interfaces: NetworkInterfaces;
  /** Interface of the default route, if there is one. */
  readonly defaultInterface: string | undefined;
  /** IPv6 privacy addresses (RFC 8981), 32 hexadecimal digits each: they change every few hours. */
  readonly temporaryAddresses: ReadonlySet<string>;
}

// Made by container networks, and so with addresses that come and go with the cluster itself.
const clusterInterface =
  /^(cni|flannel|docker|veth|br-|virbr|cali|cilium|kube-|nodelocaldns|lxc|lxdbr|podman|dummy|ifb)/;

/**
 * The lasting addresses of a host, canonical text: those of the interface with the default route first, IPv4 before IPv6.
 * Left out: loopback, link-local, temporary IPv6 addresses, and interfaces that container networks make.
 */
export function lastingAddresses(facts: AddressFacts): readonly string[] {
  const names = Object.keys(facts.interfaces)
    .filter((name) => !clusterInterface.test(name))
    .sort((a, b) => Number(b === facts.defaultInterface) - Number(a === facts.defaultInterface) || (a < b ? -1 : 1));
  const addresses = names.flatMap((name) =>
    (facts.interfaces[name] ?? [])
      .filter((info) => !info.internal && !isLinkLocal(info.address))
      .filter((info) => info.family === 'IPv4' || !facts.temporaryAddresses.has(hexOfIpv6(info.address)))
      .sort((a, b) => (a.family === b.family ? 0 : a.family === 'IPv4' ? -1 : 1))
      .map((info) => info.address),
  );
  return [...new Set(addresses)];
}

/**
 * Reads from /proc/self/net what {@link lastingAddresses} needs besides the interfaces; absent files mean none. Not from /proc/net,
 * which is the same but is not there for a service with ProcSubset=pid, as the CA's is.
 */
export async function readAddressFacts(procDirectory: string, interfaces: NetworkInterfaces): Promise<AddressFacts> {
  const [route, ipv6] = await Promise.all([
    readFile(`${procDirectory}/self/net/route`, 'utf8').catch(() => ''),
    readFile(`${procDirectory}/self/net/if_inet6`, 'utf8').catch(() => ''),
  ]);
  return { interfaces, defaultInterface: defaultInterfaceOf(route), temporaryAddresses: temporaryAddressesOf(ipv6) };
}

function defaultInterfaceOf(routeTable: string): string | undefined {
  for (const line of routeTable.split('\n').slice(1)) {
    const [name, destination] = line.split(/\s+/);
    if (destination === '00000000') return name;
  }
  return undefined;
}

function temporaryAddressesOf(table: string): ReadonlySet<string> {
  const temporaryFlag = 0x01; // IFA_F_TEMPORARY, include/uapi/linux/if_addr.h
  const rows = table.split('\n').map((line) => line.trim().split(/\s+/));
  return new Set(
    rows.flatMap(([address, , , , flags]) => {
      const isTemporary = flags !== undefined && (Number.parseInt(flags, 16) & temporaryFlag) !== 0;
      return isTemporary && address !== undefined ? [address] : [];
    }),
  );
}

function isLinkLocal(address: string): boolean {
  return address.startsWith('169.254.') || /^fe[89ab]/i.test(address);
}

function hexOfIpv6(address: string): string {
  const [head = '', tail] = address.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  return [...before, ...Array<string>(zeros).fill('0'), ...after].map((group) => group.padStart(4, '0')).join('');
}
