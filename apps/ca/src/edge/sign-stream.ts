/** SignStream: many certificates of a host on one call, each as Sign would issue it. */

import type { SignRequest, SignResponse, SignStreamRequest, SignStreamResponse } from '@easycerts/contracts';
import { isAppError } from '@easycerts/core';
import { type CallContext, inParallel } from '@easycerts/runtime';

/** So many of one call are under way at a time: the others wait in the network. */
const maxUnderWay = 64;

/** Nothing in the message: refused like every other request that says nothing. */
const noRequest: SignRequest = { name: '', csrDer: new Uint8Array(), requestId: '', requestedAtMs: 0, reason: '' };

/** The handler; `sign` decides about each request as if it had come alone. Fails with what is no answer to a request. */
export function createSignStream(sign: (request: SignRequest, context: CallContext) => Promise<SignResponse>) {
  return (requests: AsyncIterable<SignStreamRequest>, context: CallContext): AsyncIterable<SignStreamResponse> =>
    inParallel(requests, maxUnderWay, async ({ request = noRequest }) => {
      const { requestId } = request;
      try {
        return { requestId, certificate: await sign(request, context), error: undefined };
      } catch (thrown) {
        if (!isAppError(thrown)) throw thrown;
        const { code, message, details } = thrown;
        const { reason = '', cure = '' } = details;
        return { requestId, certificate: undefined, error: { code, message, reason, cure } };
      }
    });
}
