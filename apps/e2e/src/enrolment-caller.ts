/**
 * Enrols by gRPC as somebody who knows what he does: the CA is the one that is named, whatever the token pins, and nothing is
 * looked at before it is sent. A process of its own, to be put into the network of a host. Everything comes as JSON on standard
 * input, one answer for each call goes to standard output.
 */

import { text } from 'node:stream/consumers';
import { EnrolmentService } from '@easycerts/contracts';
import { isAppError } from '@easycerts/core';
import { encodePem } from '@easycerts/pki';
import { connectGrpcService } from '@easycerts/runtime';
import type { EnrolmentAnswer, EnrolmentCall, EnrolmentCalls } from './call-enrolment.ts';

const { calls, endpoint, trustedCaPem } = JSON.parse(await text(process.stdin)) as EnrolmentCalls;
const enrolment = connectGrpcService(EnrolmentService, { endpoint, trustedCaPem, callTimeoutMs: 10_000 });
const answers: EnrolmentAnswer[] = [];
for (const call of calls) answers.push(await answerTo(call));
enrolment.close();
process.stdout.write(JSON.stringify(answers));

async function answerTo({ csrBase64, secretBase64, ...call }: EnrolmentCall): Promise<EnrolmentAnswer> {
  try {
    const csrDer = new Uint8Array(Buffer.from(csrBase64, 'base64'));
    const tokenSecret = new Uint8Array(Buffer.from(secretBase64, 'base64'));
    const { certificateDer, serial, trustBundlePem } = await enrolment.enrol({ ...call, csrDer, tokenSecret });
    return { kind: 'answered', serial, certificatePem: encodePem('CERTIFICATE', certificateDer), trustBundlePem };
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { kind: 'refused', code: error.code, reason: String(error.details.reason ?? ''), message: error.message };
  }
}
