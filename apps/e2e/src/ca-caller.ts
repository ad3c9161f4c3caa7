/**
 * Calls the CA by gRPC, in a process of its own so that it can be put into the network of a sandbox (the CA of a single
 * machine listens on loopback there). Calls come as JSON on standard input, one answer for each goes to standard output.
 */

import { text } from 'node:stream/consumers';
import { isAppError } from '@easycerts/core';
import { connectCertificateAuthority } from '@easycerts/runtime';
import type { CaAnswer, CaCall } from './call-ca.ts';

const [identityDirectory = '', endpoint = ''] = process.argv.slice(2);
const calls = JSON.parse(await text(process.stdin)) as readonly CaCall[];
const ca = connectCertificateAuthority({ endpoint, identityDirectory, callTimeoutMs: 10_000 });
const answers: CaAnswer[] = [];
for (const call of calls) answers.push(await answerTo(call));
ca.close();
process.stdout.write(JSON.stringify(answers));

async function answerTo(call: CaCall): Promise<CaAnswer> {
  try {
    if (call.kind === 'list') {
      const { certificates } = await ca.listCertificates({
        pageSize: 1,
        pageToken: '',
        host: '',
        name: '',
        authority: '',
        onlyValid: false,
      });
      return { kind: 'answered', serial: certificates[0]?.serial ?? '' };
    }
    const { csrBase64, name, requestId, requestedAtMs } = call;
    const csrDer = new Uint8Array(Buffer.from(csrBase64, 'base64'));
    const { serial } = await ca.sign({ name, csrDer, requestId, requestedAtMs, reason: 'missing' });
    return { kind: 'answered', serial };
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { kind: 'refused', code: error.code, reason: String(error.details.reason ?? ''), message: error.message };
  }
}
