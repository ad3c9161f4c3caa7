/**
 * What the CA's threads tell each other: many jobs in one message, and their results, in the order of the jobs. JSON for what is
 * text and one array for all bytes cost a fiftieth of what cloning each object does (docs/benchmarks/issuing.md).
 */

import type { AuthorityName } from '@easycerts/cluster';
import type { DenyReason, Finding } from '@easycerts/core';
import type { CertificateTemplate, CsrFacts } from '@easycerts/pki';
import type { ReadCsr } from './policy.ts';

export interface ReadJob {
  readonly kind: 'read';
  readonly csrDer: Uint8Array;
}

export interface IssueJob {
  readonly kind: 'issue';
  readonly authority: AuthorityName;
  readonly template: CertificateTemplate;
  readonly now: Date;
}

export type SigningJob = ReadJob | IssueJob;

/** Of a job of the same place: what a CSR says, or a certificate, DER; undefined: the job could not be done there. */
export type SigningResult = ReadCsr | Uint8Array | undefined;

export interface SigningMessage {
  readonly text: string;
  /** An array of its own: it changes its owner. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

type Names = Pick<CertificateTemplate, 'subject' | 'alternativeNames' | 'usages'>;

/** A job without its bytes, of which it has so many. */
type WrittenJob =
  | { readonly length: number }
  | {
      readonly length: number;
      readonly authority: AuthorityName;
      /** JSON of its own: the same text as that of another job stands for the same objects. */
      readonly names: string;
      readonly serial: string;
      readonly notBeforeMs: number;
      readonly notAfterMs: number;
      readonly nowMs: number;
    };

/** Where the key is in the CSR. */
type WrittenFacts = Omit<CsrFacts, 'der' | 'spkiDer'> & { readonly spkiStart: number; readonly spkiLength: number };
type WrittenResult = WrittenFacts | Finding<DenyReason> | { readonly length: number } | null;

export function encodeJobs(jobs: readonly SigningJob[]): SigningMessage {
  const written = jobs.map((job): WrittenJob => {
    if (job.kind === 'read') return { length: job.csrDer.length };
    const { authority, now } = job;
    const { subject, alternativeNames, usages, serial, notBefore, notAfter, spkiDer } = job.template;
    return {
      length: spkiDer.length,
      authority,
      names: JSON.stringify({ subject, alternativeNames, usages } satisfies Names),
      serial,
      notBeforeMs: notBefore.getTime(),
      notAfterMs: notAfter.getTime(),
      nowMs: now.getTime(),
    };
  });
  const parts = jobs.map((job) => (job.kind === 'read' ? job.csrDer : job.template.spkiDer));
  return { text: JSON.stringify(written), bytes: concatenated(parts) };
}

/** The jobs of a message. `namesOf` gives the same objects for the same text, for whom works with them again and again. */
export function decodeJobs(message: SigningMessage, namesOf: (text: string) => Names = parseNames): SigningJob[] {
  const next = reader(message.bytes);
  return (JSON.parse(message.text) as readonly WrittenJob[]).map((job): SigningJob => {
    const bytes = next(job.length);
    if (!('names' in job)) return { kind: 'read', csrDer: bytes };
    const { authority, names, serial, notBeforeMs, notAfterMs, nowMs } = job;
    const [notBefore, notAfter] = [new Date(notBeforeMs), new Date(notAfterMs)];
    const template = { ...namesOf(names), serial, notBefore, notAfter, spkiDer: bytes };
    return { kind: 'issue', authority, template, now: new Date(nowMs) };
  });
}

export function encodeResults(results: readonly SigningResult[]): SigningMessage {
  const parts: Uint8Array[] = [];
  const written = results.map((result): WrittenResult => {
    if (result === undefined) return null;
    if (result instanceof Uint8Array) {
      parts.push(result);
      return { length: result.length };
    }
    if ('reason' in result) return result;
    const { der, spkiDer, ...facts } = result;
    return { ...facts, spkiStart: spkiDer.byteOffset - der.byteOffset, spkiLength: spkiDer.length };
  });
  return { text: JSON.stringify(written), bytes: concatenated(parts) };
}

/** The results of the jobs. */
export function decodeResults(message: SigningMessage, jobs: readonly SigningJob[]): SigningResult[] {
  const next = reader(message.bytes);
  return (JSON.parse(message.text) as readonly WrittenResult[]).map((result, index): SigningResult => {
    if (result === null) return undefined;
    if ('length' in result) return next(result.length);
    if ('reason' in result) return result;
    const job = jobs[index];
    if (job?.kind !== 'read') return undefined;
    const { spkiStart, spkiLength, ...facts } = result;
    const { csrDer: der } = job;
    return { ...facts, der, spkiDer: der.subarray(spkiStart, spkiStart + spkiLength) };
  });
}

const maxKnownNames = 1_000;

/** Names of earlier messages, so that what follows from the objects alone is worked out once (perObject). */
export function createKnownNames(): (text: string) => Names {
  const known = new Map<string, Names>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    if (known.size >= maxKnownNames) known.clear();
    const names = parseNames(text);
    known.set(text, names);
    return names;
  };
}

function parseNames(text: string): Names {
  return JSON.parse(text) as Names;
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const part of parts) length += part.length;
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Gives out the next so many bytes, as arrays of their own: what is kept must not keep the whole message. */
function reader(bytes: Uint8Array): (length: number) => Uint8Array {
  let at = 0;
  return (length) => {
    at += length;
    return bytes.slice(at - length, at);
  };
}
