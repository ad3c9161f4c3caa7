/** Serial numbers and key ids as cfssl writes them. */

import { badRequest } from './cfssl-error.ts';

/** cfssl writes decimal numbers; ours are lowercase hexadecimal. CfsslError for what is no serial number of RFC 5280. */
export function serialOfDecimal(text: string): string {
  if (!/^[1-9]\d{0,48}$/.test(text)) throw badRequest('serial number is not a positive decimal number');
  const serial = BigInt(text).toString(16);
  if (serial.length <= 40) return serial;
  throw badRequest('serial number is not a positive decimal number');
}

export function decimalOfSerial(serial: string): string {
  return BigInt(`0x${serial}`).toString();
}

/** Lowercase without colons, whichever of its ways the text is written. */
export function plainKeyId(text: string): string {
  return text.replaceAll(':', '').toLowerCase();
}

/** `AB:CD`, as `certinfo` shows it. */
export function shownKeyId(keyId: string): string {
  return (keyId.toUpperCase().match(/../g) ?? []).join(':');
}
