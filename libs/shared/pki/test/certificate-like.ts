/** A certificate with the subject, key and extensions of a request, for readers that read no requests. */

import type { DerElement } from '../src/der.ts';
import { octetsOf, oidOf } from '../src/der-values.ts';
import { bits, int, octets, oidDer, seq, tlv } from '../testing/index.ts';

const extensionRequest = '1.2.840.113549.1.9.14';
const alternativeNames = '2.5.29.17';

/** Its signature is none. The request must be one that parseCsr accepts. */
export function certificateLike(csr: DerElement): Uint8Array {
  const [, subject, key, attributes] = csr.children[0]?.children ?? [];
  if (subject === undefined || key === undefined || attributes === undefined) throw new Error('not a request');
  const requested = attributes.children.find((attribute) => oidOf(attribute.children[0], 'CSR') === extensionRequest);
  const members = requested?.children[1]?.children[0]?.children ?? [];
  const names = members.find((member) => oidOf(member.children[0], 'CSR') === alternativeNames);
  const extension = names && seq(oidDer(alternativeNames), octets(octetsOf(names.children.at(-1), 'CSR')));
  const algorithm = seq(oidDer('1.2.840.10045.4.3.2'));
  const time = tlv(0x17, Buffer.from('260101120000Z'));
  const toBeSigned = seq(
    tlv(0xa0, int(2)),
    int(1),
    algorithm,
    seq(),
    seq(time, time),
    subject.raw,
    key.raw,
    ...(extension === undefined ? [] : [tlv(0xa3, seq(extension))]),
  );
  return seq(toBeSigned, algorithm, bits(Buffer.alloc(70, 1)));
}
