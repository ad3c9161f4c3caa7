/** A thread that reads CSRs and makes certificates: a program of its own, started by start-signing-thread.ts. */

import { parentPort, workerData } from 'node:worker_threads';
import { authorityOf, parseCertificate } from '@easycerts/pki';
import {
  createKnownNames,
  decodeJobs,
  encodeResults,
  type SigningJob,
  type SigningMessage,
  type SigningResult,
} from '../../core/signing-message.ts';
import { doJob, type SigningAuthorities } from './signing.ts';
import type { SigningThreadData } from './start-signing-thread.ts';

const { authorities: given } = workerData as SigningThreadData;
const authorities = Object.fromEntries(
  given.map(({ name, certificateDer, keyPair }) => [name, authorityOf(parseCertificate(certificateDer), keyPair)]),
) as SigningAuthorities;
const namesOf = createKnownNames();

parentPort?.on('message', (message: SigningMessage) => {
  const results = encodeResults(decodeJobs(message, namesOf).map(tryJob));
  parentPort?.postMessage(results, [results.bytes.buffer]);
});

/** Nothing when it fails: who has asked does it again, and learns why. */
function tryJob(job: SigningJob): SigningResult {
  try {
    return doJob(job, authorities);
  } catch {
    return undefined;
  }
}
