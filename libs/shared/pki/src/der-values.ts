/** The values that DER elements stand for; each function refuses (AppError INVALID_INPUT) an element of another type. */

import { type DerElement, derTag, malformed } from './der.ts';
import { oidElement } from './der-encode.ts';
import { oid } from './oids.ts';

/** The members of a SEQUENCE. */
export function sequenceOf(element: DerElement | undefined, what: string): readonly DerElement[] {
  return expectTag(element, derTag.sequence, what).children;
}

/** The members of a SET. */
export function setOf(element: DerElement | undefined, what: string): readonly DerElement[] {
  return expectTag(element, derTag.set, what).children;
}

/** Dotted text of an OBJECT IDENTIFIER. */
export function oidOf(element: DerElement | undefined, what: string): string {
  return oidText(expectTag(element, derTag.oid, what).content);
}

/** Dotted text of the content octets of an OBJECT IDENTIFIER. */
export function oidText(content: Uint8Array): string {
  const known = wellKnown.get(lastOctets(content))?.find(({ octets }) => areEqual(octets, content));
  return known?.id ?? dotted(content);
}

interface WellKnownOid {
  readonly id: string;
  readonly octets: Uint8Array;
}

/** By their last octets: almost every one that is read is one of these, and no text has to be made to find it. */
const wellKnown: ReadonlyMap<number, readonly WellKnownOid[]> = Map.groupBy(
  Object.values(oid).map((id) => ({ id, octets: oidElement(id).subarray(2) })),
  ({ octets }) => lastOctets(octets),
);

function lastOctets(content: Uint8Array): number {
  const { length } = content;
  return (content[length - 2] ?? 0) * 256 + (content[length - 1] ?? 0);
}

/** Whether two arrays have the same octets. */
export function areEqual(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
  return true;
}

function dotted(content: Uint8Array): string {
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const octet of content) {
    arc = (arc << 7n) | BigInt(octet & 0x7f);
    if (octet >= 0x80) continue;
    if (arcs.length === 0) {
      const first = arc < 80n ? arc / 40n : 2n;
      arcs.push(first, arc - 40n * first);
    } else {
      arcs.push(arc);
    }
    arc = 0n;
  }
  return arcs.join('.');
}

/** Content octets of an OCTET STRING. */
export function octetsOf(element: DerElement | undefined, what: string): Uint8Array {
  return expectTag(element, derTag.octetString, what).content;
}

/** Content octets of an INTEGER, two's complement, at least one. */
export function integerOf(element: DerElement | undefined, what: string): Uint8Array {
  return expectTag(element, derTag.integer, what).content;
}

/** Whether the content of an INTEGER is a number of one octet. */
export function isNumber(content: Uint8Array, value: number): boolean {
  return content.length === 1 && content[0] === value;
}

/** A BOOLEAN. */
export function booleanOf(element: DerElement | undefined, what: string): boolean {
  return expectTag(element, derTag.boolean, what).content[0] === 0xff;
}

/** A BIT STRING of whole octets. */
export function wholeBitsOf(element: DerElement | undefined, what: string): Uint8Array {
  const { content } = expectTag(element, derTag.bitString, what);
  if (content[0] !== 0) throw malformed(`read ${what}: not whole octets`);
  return content.subarray(1);
}

/** Numbers of the bits that are set in a BIT STRING, bit 0 first. */
export function namedBitsOf(element: DerElement | undefined, what: string): readonly number[] {
  const { content } = expectTag(element, derTag.bitString, what);
  const bits: number[] = [];
  for (let bit = 0; bit < 8 * (content.length - 1); bit++) {
    if (((content[1 + (bit >> 3)] ?? 0) & (0x80 >> (bit & 7))) !== 0) bits.push(bit);
  }
  return bits;
}

/** A Time (RFC 5280 §4.1.2.5): UTCTime until 2049, GeneralizedTime after that, both with seconds, in UTC. */
export function timeOf(element: DerElement | undefined, what: string): Date {
  const content = element?.content ?? nothing;
  const yearDigits = element?.tag === derTag.utcTime ? 2 : element?.tag === derTag.generalizedTime ? 4 : 0;
  // Year, month, day, hour, minute, second, Z.
  if (yearDigits === 0 || content.length !== yearDigits + 11 || content[yearDigits + 10] !== 0x5a) {
    throw malformed(`read ${what}: not a time`);
  }
  const shortYear = digitsOf(content, 0, yearDigits);
  const year = yearDigits === 4 ? shortYear : shortYear < 50 ? 2000 + shortYear : 1900 + shortYear;
  const pair = (index: number): number => digitsOf(content, yearDigits + 2 * index, 2);
  const [month, day, hour, minute, second] = [pair(0), pair(1), pair(2), pair(3), pair(4)];
  const time = new Date(0);
  time.setUTCFullYear(year, month - 1, day);
  time.setUTCHours(hour, minute, second);
  // Date turns 31 February into March, and 24:00 into the next day: only what comes back unchanged is a time.
  const isSame =
    time.getUTCFullYear() === year &&
    time.getUTCMonth() === month - 1 &&
    time.getUTCDate() === day &&
    time.getUTCHours() === hour &&
    time.getUTCMinutes() === minute &&
    time.getUTCSeconds() === second;
  if (!isSame) throw malformed(`read ${what}: not a time`);
  return time;
}

const nothing = new Uint8Array();

/** A number of decimal digits; NaN when one is none. */
function digitsOf(content: Uint8Array, start: number, count: number): number {
  let value = 0;
  for (let at = start; at < start + count; at++) {
    const digit = (content[at] ?? 0) - 0x30;
    value = digit >= 0 && digit <= 9 ? 10 * value + digit : Number.NaN;
  }
  return value;
}

function expectTag(element: DerElement | undefined, tag: number, what: string): DerElement {
  if (element?.tag !== tag) throw malformed(`read ${what}: another ASN.1 type than expected`);
  return element;
}
