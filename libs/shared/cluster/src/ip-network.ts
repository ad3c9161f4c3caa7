/** Addresses and networks by arithmetic, IPv4 and IPv6 alike. */

export interface IpAddress {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** A network: `first` is its lowest address. */
export interface IpNetwork {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly prefixLength: number;
}

/** The address that a text names; undefined when it names none. No zone (`%eth0`), no port, no leading zeros in IPv4. */
export function parseIp(text: string): IpAddress | undefined {
  return text.includes(':') ? parseIp6(text) : parseIp4(text);
}

/** Canonical text: dotted decimal, or RFC 5952 for IPv6. */
export function formatIp(address: IpAddress): string {
  return address.family === 4 ? formatIp4(address.value) : formatIp6(address.value);
}

/** Canonical text of an address text; undefined when it is none. */
export function canonicalIp(text: string): string | undefined {
  const address = parseIp(text);
  return address === undefined ? undefined : formatIp(address);
}

/** Whether an address only ever means the host itself (RFC 1122, RFC 4291). */
export function isLoopback(address: IpAddress): boolean {
  return address.family === 4 ? address.value >> 24n === 127n : address.value === 1n;
}

/** The network of a CIDR text (`10.1.0.0/16`, `fd00::/108`); undefined when it is none. Host bits are cleared. */
export function parseCidr(text: string): IpNetwork | undefined {
  const [addressText, prefixText, ...rest] = text.split('/');
  if (addressText === undefined || prefixText === undefined || rest.length > 0) return undefined;
  const address = parseIp(addressText);
  if (address === undefined || !/^\d{1,3}$/.test(prefixText)) return undefined;
  const prefixLength = Number(prefixText);
  const bits = bitsOf(address.family);
  if (prefixLength > bits) return undefined;
  const hostBits = BigInt(bits - prefixLength);
  return { family: address.family, first: (address.value >> hostBits) << hostBits, prefixLength };
}

/** How many addresses a network has. */
export function sizeOf(network: IpNetwork): bigint {
  return 1n << BigInt(bitsOf(network.family) - network.prefixLength);
}

/** The address `index` places after the first (negative: from the end, -1 is the last); undefined outside the network. */
export function addressAt(network: IpNetwork, index: bigint): IpAddress | undefined {
  const size = sizeOf(network);
  const offset = index < 0n ? size + index : index;
  if (offset < 0n || offset >= size) return undefined;
  return { family: network.family, value: network.first + offset };
}

/** Whether an address lies in a network. */
export function contains(network: IpNetwork, address: IpAddress): boolean {
  return (
    network.family === address.family &&
    address.value >= network.first &&
    address.value < network.first + sizeOf(network)
  );
}

/** Whether two networks share an address. */
export function overlaps(one: IpNetwork, other: IpNetwork): boolean {
  if (one.family !== other.family) return false;
  return one.first < other.first + sizeOf(other) && other.first < one.first + sizeOf(one);
}

function bitsOf(family: 4 | 6): number {
  return family === 4 ? 32 : 128;
}

function parseIp4(text: string): IpAddress | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0n;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = (value << 8n) | BigInt(part);
  }
  return { family: 4, value };
}

function parseIp6(text: string): IpAddress | undefined {
  const halves = withHexTail(text)?.split('::');
  if (halves === undefined || halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => (half === '' ? [] : half.split(':')));
  if (head === undefined) return undefined;
  const given = head.length + (tail?.length ?? 0);
  if (tail === undefined ? given !== 8 : given > 7) return undefined;
  const groups = [...head, ...Array<string>(8 - given).fill('0'), ...(tail ?? [])];
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return { family: 6, value: groups.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n) };
}

/** `::ffff:192.0.2.1` with its dotted tail as two groups. */
function withHexTail(text: string): string | undefined {
  if (!text.includes('.')) return text;
  const cut = text.lastIndexOf(':');
  const tail = parseIp4(text.slice(cut + 1));
  if (tail === undefined) return undefined;
  return `${text.slice(0, cut + 1)}${(tail.value >> 16n).toString(16)}:${(tail.value & 0xffffn).toString(16)}`;
}

function formatIp4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
}

function formatIp6(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
  const run = longestZeroRun(groups);
  if (run.length < 2) return groups.join(':');
  return `${groups.slice(0, run.start).join(':')}::${groups.slice(run.start + run.length).join(':')}`;
}

function longestZeroRun(groups: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === '0') length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}
