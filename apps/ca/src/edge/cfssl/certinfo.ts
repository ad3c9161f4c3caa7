/** `certinfo` and `bundle`: what a certificate says, and its chain. Neither asks another machine, as cfssl does for `domain`. */

import { parseCertificate, verifyCertificate } from '@easycerts/pki';
import { firstMatchOf } from '../../core/cfssl/blob.ts';
import { badRequest, CfsslError } from '../../core/cfssl/cfssl-error.ts';
import { plainKeyId, serialOfDecimal } from '../../core/cfssl/serials.ts';
import { type CallEnvironment, storesOf } from '../call-environment.ts';
import { describeBundle, describeCertificate, readCertificate } from './described-certificate.ts';
import type { CfsslEndpoint } from './endpoint.ts';

export function createCertinfo(environment: CallEnvironment): CfsslEndpoint {
  return {
    method: 'POST',
    answer: async ({ body }) => {
      const { matched, text } = firstMatchOf(body, [['certificate'], ['serial', 'authority_key_id']]);
      if (matched[0] === 'certificate') return { result: describeCertificate(readCertificate(text('certificate'))) };
      const record = await storesOf(environment).ledger.find(serialOfDecimal(text('serial')));
      const issued = record && parseCertificate(record.certificateDer);
      if (issued?.authorityKeyId !== plainKeyId(text('authority_key_id'))) throw notIssued;
      return { result: describeCertificate(issued) };
    },
  };
}

const notIssued = new CfsslError(500, 0, 'no certificate found for serial and authority_key_id');

export function createBundle({ authorities, clock }: Pick<CallEnvironment, 'authorities' | 'clock'>): CfsslEndpoint {
  return {
    method: 'POST',
    answer: ({ body }) => {
      const { text } = firstMatchOf(body, [['certificate']]);
      if (text('private_key') !== '') throw badRequest('a private key is not taken');
      const certificate = readCertificate(text('certificate'));
      const bundle = Object.values(authorities).map((authority) => authority.certificate);
      const root = bundle.find(({ subjectKeyId }) => subjectKeyId === certificate.authorityKeyId);
      const finding = verifyCertificate({ certificate, bundle, at: clock.now() });
      // x509: certificate signed by unknown authority, in the code of cfssl.
      if (root === undefined || finding !== undefined) {
        throw new CfsslError(400, 1220, `x509: ${finding?.detail ?? 'certificate signed by unknown authority'}`);
      }
      for (const name of [text('domain'), text('ip')]) {
        const { dns, ip } = certificate.alternativeNames;
        if (name !== '' && !dns.includes(name) && !ip.includes(name)) {
          throw new CfsslError(400, 1200, `x509: certificate is not valid for ${name.slice(0, 253)}`);
        }
      }
      return { result: describeBundle(certificate, root) };
    },
  };
}
