/** ListCertificates: what was issued, newest first; a node sees its own host's, a master everything. */

import type { ListCertificatesRequest, ListCertificatesResponse } from '@easycerts/contracts';
import type { CallContext } from '@easycerts/runtime';
import type { IndexQuery } from '../core/ledger-index.ts';
import { pageSizeOf, pageTokenOf, positionOf } from '../core/page-token.ts';
import { assertMayRead, type CallEnvironment, refuseCall } from './call-environment.ts';
import { authorityNamed } from './get-trust-bundle.ts';
import { issuedCertificateOf } from './issued-certificate.ts';

/** The handler of ListCertificates. */
export function createListCertificates(environment: CallEnvironment) {
  const method = 'ListCertificates';
  return async (request: ListCertificatesRequest, context: CallContext): Promise<ListCertificatesResponse> => {
    const { ledger, revocations } = assertMayRead(environment, method, context);
    const { caller } = context;
    if (caller.role === 'node' && request.host !== '' && request.host !== caller.host) {
      const detail = `a node sees only its own certificates, not those of ${request.host.slice(0, 100)}`;
      throw refuseCall(environment, { method, context, finding: { reason: 'not-permitted', detail } });
    }
    const host = caller.role === 'node' ? caller.host : request.host;
    const { entries, next } = ledger.page(queryOf({ ...request, host }, environment.clock.now()));
    const records = await ledger.recordsOf(entries);
    return {
      certificates: records.map((record) => issuedCertificateOf(record, { withDer: false, revocations })),
      nextPageToken: next === undefined ? '' : pageTokenOf(next),
    };
  };
}

function queryOf(request: ListCertificatesRequest, now: Date): IndexQuery {
  const { host, name, authority, onlyValid, pageToken } = request;
  return {
    ...(host === '' ? {} : { host }),
    ...(name === '' ? {} : { name }),
    ...(authority === '' ? {} : { authority: authorityNamed(authority) }),
    ...(onlyValid ? { validAt: now } : {}),
    ...(pageToken === '' ? {} : { from: positionOf(pageToken) }),
    limit: pageSizeOf(request.pageSize),
  };
}
