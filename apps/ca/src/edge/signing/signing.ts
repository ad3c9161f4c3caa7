/** The work of the CA that takes a processor's time: reading a CSR with its signature, and making a certificate. */

import type { AuthorityName } from '@easycerts/cluster';
import type { Authority } from '@easycerts/pki';
import { issueLeaf } from '../../core/issue-leaf.ts';
import { type ReadCsr, readCsr } from '../../core/policy.ts';
import type { IssueJob, SigningJob } from '../../core/signing-message.ts';

type IssueRequest = Omit<IssueJob, 'kind'>;

/** Does it, or has it done by another thread. */
export interface Signing {
  /** What a CSR says, or why it cannot be read. */
  readCsr(csrDer: Uint8Array): Promise<ReadCsr>;
  /** The certificate, DER, checked. AppError as issueLeaf. */
  issue(job: IssueRequest): Promise<Uint8Array>;
}

export type SigningAuthorities = Readonly<Record<AuthorityName, Authority>>;

/** Does one job in this thread. AppError as issueLeaf. */
export function doJob(job: SigningJob, authorities: SigningAuthorities): ReadCsr | Uint8Array {
  return job.kind === 'read' ? readCsr(job.csrDer) : issue(job, authorities);
}

function issue({ authority, template, now }: IssueRequest, authorities: SigningAuthorities): Uint8Array {
  return issueLeaf({ authority: authorities[authority], template, now });
}

/** All of it in this thread: for commands, which have no use for others. */
export function signingInPlace(authorities: SigningAuthorities): Signing {
  return {
    readCsr: async (csrDer) => readCsr(csrDer),
    issue: async (job) => issue(job, authorities),
  };
}
