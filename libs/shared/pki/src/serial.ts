/** Serial numbers of certificates. */

/**
 * A serial number of 127 random bits: positive, never zero, 16 octets (RFC 5280 §4.1.2.2; CA/B baseline requirements §7.1 ask
 * for 64 bits from a CSPRNG). `randomBytes` is node:crypto's. Lowercase hexadecimal without leading zeros.
 */
export function newSerial(randomBytes: (size: number) => Uint8Array): string {
  for (;;) {
    const bytes = Buffer.from(randomBytes(16));
    bytes[0] = (bytes[0] ?? 0) & 0x7f;
    const serial = bytes.toString('hex').replace(/^0+/, '');
    if (serial !== '') return serial;
  }
}
