/** GetCertificate: one issued certificate, whole. */

import type { GetCertificateRequest, IssuedCertificate } from '@easycerts/contracts';
import { AppError } from '@easycerts/core';
import type { CallContext } from '@easycerts/runtime';
import { assertMayRead, type CallEnvironment } from './call-environment.ts';
import { issuedCertificateOf } from './issued-certificate.ts';

/** The handler of GetCertificate. To a node, another host's certificate does not exist. */
export function createGetCertificate(environment: CallEnvironment) {
  return async (request: GetCertificateRequest, context: CallContext): Promise<IssuedCertificate> => {
    const { ledger, revocations } = assertMayRead(environment, 'GetCertificate', context);
    if (!/^[0-9a-f]{1,40}$/.test(request.serial)) {
      throw new AppError('INVALID_INPUT', `${JSON.stringify(request.serial.slice(0, 100))} is not a serial number`, {
        details: { cure: 'write it in lowercase hexadecimal, as `ca list` shows it' },
      });
    }
    const record = await ledger.find(request.serial);
    const isVisible = context.caller.role === 'master' || record?.host === context.caller.host;
    if (record !== undefined && isVisible) return issuedCertificateOf(record, { withDer: true, revocations });
    throw new AppError('NOT_FOUND', `no certificate has the serial number ${request.serial}`, {
      details: { cure: 'see `ca list`' },
    });
  };
}
