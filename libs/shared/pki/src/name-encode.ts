/** Writes what names in certificates and requests are made of: attributes of a subject, extensions, addresses. */

import { parseIp } from '@easycerts/cluster';
import { malformed } from './der.ts';
import { type Encoded, element, oidElement, textElement } from './der-encode.ts';
import { oid } from './oids.ts';

/** Encoded once each. */
const encodedOids = new Map<string, Encoded>(Object.values(oid).map((id) => [id, oidElement(id)]));

/** An OBJECT IDENTIFIER. */
export const encodedOid = (id: string): Encoded => encodedOids.get(id) ?? oidElement(id);

/** An AttributeTypeAndValue, as Go's crypto/x509/pkix: PrintableString where it fits, as a country must be (RFC 5280 appendix A). */
export function attribute(id: string, value: string): Encoded {
  return element(0x30, encodedOid(id), textElement(isPrintable(value) ? 0x13 : 0x0c, value));
}

function isPrintable(value: string): boolean {
  return /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(value);
}

/** An Extension that is not critical. */
export function extension(id: string, value: Encoded): Encoded {
  return element(0x30, encodedOid(id), element(0x04, value));
}

/** An iPAddress of a GeneralName, four or sixteen octets. AppError INVALID_INPUT for what is no address. */
export function addressElement(text: string): Encoded {
  const address = parseIp(text);
  if (address === undefined) throw malformed(`alternative name ${JSON.stringify(text)}: not an IP address`);
  const hex = address.value.toString(16).padStart(address.family === 4 ? 8 : 32, '0');
  return element(0x87, Buffer.from(hex, 'hex'));
}
