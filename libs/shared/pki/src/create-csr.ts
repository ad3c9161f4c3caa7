/** Makes certification requests (PKCS #10, RFC 2986). */

import type { AlternativeNames, SubjectName } from '@easycerts/cluster';
import { assertSoundNames, assertSoundSubject } from './certificate-template.ts';
import { canonicalNames } from './general-names.ts';
import type { KeyPair } from './key-pair.ts';

export interface CsrRequest {
  readonly keyPair: KeyPair;
  readonly subject: SubjectName;
  readonly alternativeNames: AlternativeNames;
}

/** Makes and signs a request, DER. AppError INVALID_INPUT for names that no certificate of ours may have. */
export async function createCsr({ keyPair, subject, alternativeNames }: CsrRequest): Promise<Uint8Array> {
  assertSoundSubject(subject);
  assertSoundNames(alternativeNames);
  const names = canonicalNames(alternativeNames);
  const { writeCsr } = await import('./x509-engine.ts');
  return writeCsr(keyPair, subject, names);
}
