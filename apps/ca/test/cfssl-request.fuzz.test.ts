/** Bodies of cfssl's API: the authenticated envelope, what asks for a certificate, and the CSR in it. */

import { isAppError } from '@easycerts/core';
import { parseCsr } from '@easycerts/pki';
import { writeHostileCsr } from '@easycerts/pki/testing';
import { fuzz } from '@easycerts/testing/fuzz';
import { CfsslError } from '../src/core/cfssl/cfssl-error.ts';
import { authenticatedRequestOf, csrDerOf, signRequestOf } from '../src/core/cfssl/sign-request.ts';

const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${Buffer.from(writeHostileCsr()).toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
const sign = {
  certificate_request: pem,
  hosts: ['n1', '192.0.2.11'],
  subject: { CN: 'system:node:n1', names: [{ O: 'system:nodes' }, { C: 'DE' }], SerialNumber: '' },
  profile: 'default',
  label: 'kubernetes',
  bundle: false,
};
const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64');

fuzz({
  name: 'cfssl-request',
  format: 'json',
  seeds: [
    JSON.stringify(sign),
    JSON.stringify({ certificate_request: pem, hostname: 'n1,192.0.2.11', profile: 'x', bundle: true }),
    JSON.stringify({ token: base64('x'), request: base64(sign), timestamp: 5, remote_address: base64('192.0.2.11') }),
  ],
  words: ['hostname', 'NEW CERTIFICATE REQUEST', '"bundle":', 'null', 'MIIB', '==', '\\n', '-----BEGIN '],
  refusals: [],
  isRefusal: (error): error is Error => error instanceof CfsslError,
  read(input) {
    const text = Buffer.from(input).toString('utf8');
    const { request } = authenticatedRequestOf(text);
    const asked = signRequestOf(request.length > 0 ? request.toString('utf8') : text, 'Unable to parse sign request');
    const der = csrDerOf(asked);
    return orRefused(() => parseCsr(der));
  },
});

function orRefused(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (isAppError(error) && error.code === 'INVALID_INPUT') return false;
    throw error;
  }
}
