/** The addresses that the kernel has, interface by interface, from the tables below /proc/self/net. */

import { contains, formatIp, type IpAddress, type IpNetwork, parseIp } from '@easycerts/cluster';

/** Text of the tables; empty where there is none. */
export interface KernelTables {
  /** IPv4 routes of the main table. */
  readonly route: string;
  /** The lookup tries of the IPv4 routing tables. */
  readonly fibTrie: string;
  /** IPv6 addresses. */
  readonly ifInet6: string;
}

export interface KernelAddress {
  readonly interface: string;
  readonly address: string;
  readonly family: 'IPv4' | 'IPv6';
  /** An IPv6 privacy address (RFC 8981): it changes every few hours. */
  readonly isTemporary: boolean;
}

interface Route {
  readonly interface: string;
  readonly network: IpNetwork;
  readonly isDirect: boolean;
}

/**
 * What the kernel holds on interfaces that are up, with a carrier or without one. Of IPv4 the tables tell no interface: it is the one
 * with the narrowest directly connected network around the address; an address without such a network is left out, for nothing
 * tells it from those that kube-proxy or a load balancer keeps for itself.
 */
export function kernelAddresses(tables: KernelTables): readonly KernelAddress[] {
  const connected = parseRoutes(tables.route)
    .filter(({ isDirect }) => isDirect)
    .sort((a, b) => b.network.prefixLength - a.network.prefixLength);
  const ipv4 = localIpv4(tables.fibTrie).flatMap((address): readonly KernelAddress[] => {
    const around = connected.find(({ network }) => contains(network, address));
    if (around === undefined) return [];
    return [{ interface: around.interface, address: formatIp(address), family: 'IPv4', isTemporary: false }];
  });
  return [...ipv4, ...globalIpv6(tables.ifInet6)];
}

/** The interface of the default route of IPv4, if there is one. */
export function defaultInterfaceOf(routeTable: string): string | undefined {
  return parseRoutes(routeTable).find(({ network }) => network.prefixLength === 0)?.interface;
}

/** Columns: interface, destination, gateway, flags, references, use, metric, mask (net/ipv4/fib_trie.c, fib_route_seq_show). */
function parseRoutes(table: string): readonly Route[] {
  return table
    .split('\n')
    .slice(1)
    .flatMap((line): readonly Route[] => {
      const [name, destination, gateway, , , , , mask] = line.trim().split(/\s+/);
      if (!name || destination === undefined || mask === undefined) return [];
      const prefixLength = littleEndian(mask).toString(2).replaceAll('0', '').length;
      const network: IpNetwork = { family: 4, first: littleEndian(destination), prefixLength };
      return [{ interface: name, network, isDirect: gateway === '00000000' && prefixLength > 0 }];
    });
}

// As Linux has it on x64 and arm64: the octets of the network order, read as a number of the machine.
function littleEndian(hex: string): bigint {
  return BigInt(`0x${(hex.match(/../g) ?? []).reverse().join('')}`);
}

/** The leaves `/32 host LOCAL` of the table `Local:`; without policy rules `Main:` is the same trie, and printed twice. */
function localIpv4(fibTrie: string): readonly IpAddress[] {
  const [, local = ''] = fibTrie.split(/^Local:$/m);
  const found: IpAddress[] = [];
  let leaf: IpAddress | undefined;
  for (const line of local.split('\n')) {
    if (/^\S/.test(line)) break;
    const address = /\|-- (\S+)/.exec(line)?.[1];
    if (address !== undefined) leaf = parseIp(address);
    else if (leaf !== undefined && /\/32 host LOCAL$/.test(line)) found.push(leaf);
  }
  return found;
}

/** Columns: address, interface index, prefix length, scope, flags, interface (net/ipv6/addrconf.c, if6_seq_show), in hexadecimal. */
function globalIpv6(table: string): readonly KernelAddress[] {
  const globalScope = '00'; // neither loopback (10) nor link-local (20)
  const temporaryFlag = 0x01; // IFA_F_TEMPORARY, include/uapi/linux/if_addr.h
  return table.split('\n').flatMap((line): readonly KernelAddress[] => {
    const [hex, , , scope, flags, name] = line.trim().split(/\s+/);
    if (hex === undefined || flags === undefined || name === undefined || scope !== globalScope) return [];
    const isTemporary = (Number.parseInt(flags, 16) & temporaryFlag) !== 0;
    const address = formatIp({ family: 6, value: BigInt(`0x${hex}`) });
    return [{ interface: name, address, family: 'IPv6', isTemporary }];
  });
}
