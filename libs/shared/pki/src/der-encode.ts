/** Writes DER (X.690 §8, §10): definite minimal lengths, for the few kinds of values that certificates hold. */

/** Several encodings, one after the other, or one. */
export type Encoded = Uint8Array;

/** One element: identifier octet, length, the contents one after the other. */
export function element(tag: number, ...contents: readonly Encoded[]): Encoded {
  let length = 0;
  for (const content of contents) length += content.length;
  const header = lengthOctets(length);
  const out = Buffer.allocUnsafe(1 + header + length);
  out[0] = tag;
  let at = writeLength(out, length, header);
  for (const content of contents) {
    out.set(content, at);
    at += content.length;
  }
  return out;
}

/** An element whose content is text of one octet a character. */
export function textElement(tag: number, text: string): Encoded {
  return element(tag, Buffer.from(text, 'utf8'));
}

/** An OBJECT IDENTIFIER (§8.19) of dotted text. */
export function oidElement(dotted: string): Encoded {
  const [first = 0, second = 0, ...arcs] = dotted.split('.').map(Number);
  return element(0x06, Buffer.from([40 * first + second, ...arcs].flatMap(base128)));
}

/** A positive INTEGER of hexadecimal digits (§8.3): a leading zero octet when its first bit is one. */
export function positiveInteger(hex: string): Encoded {
  const octets = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return (octets[0] ?? 0) >= 0x80 ? element(0x02, Buffer.from([0]), octets) : element(0x02, octets);
}

/** A BIT STRING of whole octets (§8.6). */
export function bitString(octets: Encoded): Encoded {
  return element(0x03, noUnusedBits, octets);
}

/** Named bits (§11.2.2): bit 0 is the highest of the first octet, and trailing zero bits are left out. */
export function namedBits(bits: readonly number[]): Encoded {
  const highest = Math.max(...bits);
  const octets = Buffer.alloc(1 + (highest >> 3) + 1);
  octets[0] = 7 - (highest & 7);
  for (const bit of bits) {
    const at = 1 + (bit >> 3);
    octets[at] = (octets[at] ?? 0) | (0x80 >> (bit & 7));
  }
  return element(0x03, octets);
}

/** Time in a certificate (RFC 5280 §4.1.2.5): UTCTime to the end of 2049, GeneralizedTime afterwards, whole seconds. */
export function timeElement(time: Date): Encoded {
  const text = time.toISOString();
  const rest = `${text.slice(5, 7)}${text.slice(8, 10)}${text.slice(11, 13)}${text.slice(14, 16)}${text.slice(17, 19)}Z`;
  return time.getUTCFullYear() < 2050
    ? textElement(0x17, text.slice(2, 4) + rest)
    : textElement(0x18, text.slice(0, 4) + rest);
}

const noUnusedBits = Buffer.from([0]);

function lengthOctets(length: number): number {
  if (length < 0x80) return 1;
  if (length < 0x100) return 2;
  return length < 0x1_00_00 ? 3 : 4;
}

function writeLength(out: Buffer, length: number, octets: number): number {
  if (octets === 1) {
    out[1] = length;
    return 2;
  }
  out[1] = 0x80 | (octets - 1);
  out.writeUIntBE(length, 2, octets - 1);
  return 1 + octets;
}

function base128(arc: number): readonly number[] {
  const octets = [arc % 128];
  for (let value = Math.floor(arc / 128); value > 0; value = Math.floor(value / 128)) {
    octets.unshift((value % 128) | 0x80);
  }
  return octets;
}
