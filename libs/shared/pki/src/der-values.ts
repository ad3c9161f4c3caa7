/** The values that DER elements stand for; each function refuses (AppError INVALID_INPUT) an element of another type. */

import { type DerElement, derTag, malformed } from './der.ts';

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
  const text = Buffer.from(element?.content ?? []).toString('latin1');
  const match =
    element?.tag === derTag.utcTime
      ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text)
      : element?.tag === derTag.generalizedTime
        ? /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text)
        : null;
  if (match === null) throw malformed(`read ${what}: not a time`);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  const fullYear = element?.tag === derTag.utcTime ? (year < 50 ? 2000 + year : 1900 + year) : year;
  const iso = `${String(fullYear).padStart(4, '0')}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}.000Z`;
  const time = new Date(iso);
  // Date turns 31 February into March: only what comes back unchanged is a date.
  if (Number.isNaN(time.getTime()) || time.toISOString() !== iso) throw malformed(`read ${what}: not a time`);
  return time;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function expectTag(element: DerElement | undefined, tag: number, what: string): DerElement {
  if (element?.tag !== tag) throw malformed(`read ${what}: another ASN.1 type than expected`);
  return element;
}
