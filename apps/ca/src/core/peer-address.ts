/** Where a call comes from: the one thing that a machine without identity cannot claim. */

import { canonicalIp, formatIp, isLoopback, parseCidr, parseIp } from '@easycerts/cluster';

/** The address in `address:port` as Node gives it; IPv4 in IPv6 (RFC 4291 section 2.5.5.2) is IPv4. Undefined: none. */
export function peerAddressOf(peer: string): string | undefined {
  const text = peer
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .replace(/%.*$/, '');
  const address = parseIp(text);
  if (address === undefined) return undefined;
  const isMapped = address.family === 6 && address.value >> 32n === 0xffffn;
  return formatIp(isMapped ? { family: 4, value: address.value & 0xffff_ffffn } : address);
}

/** Who counts as one: an IPv4 address, or an IPv6 network of 64 bits, of which one machine has all addresses. */
export function sourceOf(address: string | undefined): string {
  if (address === undefined) return 'unknown';
  const network = address.includes(':') ? parseCidr(`${address}/64`) : undefined;
  return network === undefined ? address : `${formatIp({ family: 6, value: network.first })}/64`;
}

/** Whether others can reach a host by the address: not loopback, link-local, multicast or none at all. */
export function isReachableAddress(text: string): boolean {
  const address = parseIp(text);
  if (address === undefined || address.value === 0n || isLoopback(address)) return false;
  const canonical = canonicalIp(text) ?? text;
  if (address.family === 6) return !/^(fe[89ab]|ff)/.test(canonical);
  const first = Number(address.value >> 24n);
  return first !== 0 && first < 224 && !canonical.startsWith('169.254.');
}

/** What may stand in the certificates of a new host. */
export interface KnownAddresses {
  /** The address that the CA sees. */
  readonly observed: string | undefined;
  /** What the token says beside it. */
  readonly ofToken: readonly string[];
  /** Never anybody else's: a certificate for one of these could speak for the master. */
  readonly ofMaster: readonly string[];
}

/** The addresses of a new host, the observed one first. What it claims itself does not matter. */
export function hostAddressesOf({ observed, ofToken, ofMaster }: KnownAddresses): readonly string[] {
  const own = observed === undefined || !isReachableAddress(observed) ? [] : [observed];
  return [...new Set([...own, ...ofToken])].filter((address) => !ofMaster.includes(address));
}
