/** Writes DER for tests, right or wrong: nothing is checked. */

export type Der = Uint8Array;

export function tlv(tag: number, ...parts: readonly Der[]): Der {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content]);
}

export const seq = (...parts: readonly Der[]): Der => tlv(0x30, ...parts);
export const set = (...parts: readonly Der[]): Der => tlv(0x31, ...parts);
export const int = (...octets: readonly number[]): Der => tlv(0x02, Buffer.from(octets));
export const octets = (content: Der): Der => tlv(0x04, content);
export const bits = (content: Der, unused = 0): Der => tlv(0x03, Buffer.from([unused]), content);
export const bool = (value: boolean): Der => tlv(0x01, Buffer.from([value ? 0xff : 0]));
export const nul: Der = tlv(0x05);
export const utf8 = (text: string): Der => tlv(0x0c, Buffer.from(text));
export const printable = (text: string): Der => tlv(0x13, Buffer.from(text, 'latin1'));
export const ia5 = (text: string): Der => tlv(0x16, Buffer.from(text, 'latin1'));

/** An OBJECT IDENTIFIER of dotted text. */
export function oidDer(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return tlv(0x06, Buffer.from([40 * first + second, ...rest].flatMap(base128)));
}

function base128(arc: number): number[] {
  const octetsOfArc = [arc % 128];
  for (let value = Math.floor(arc / 128); value > 0; value = Math.floor(value / 128)) {
    octetsOfArc.unshift((value % 128) | 0x80);
  }
  return octetsOfArc;
}

function lengthOf(length: number): Der {
  if (length < 0x80) return Buffer.from([length]);
  const octetsOfLength: number[] = [];
  for (let value = length; value > 0; value >>= 8) octetsOfLength.unshift(value & 0xff);
  return Buffer.from([0x80 | octetsOfLength.length, ...octetsOfLength]);
}
