/** Whether what came back from an enrolment is this host's identity and its configuration: nothing else is put on disk. */

import {
  type CertificateSpec,
  type KeyAlgorithm,
  type NodeDocument,
  type Paths,
  parseClusterConfig,
  parseNodeDocument,
  resolveCertificates,
} from '@easycerts/cluster';
import { AppError } from '@easycerts/core';
import { type CertificateFacts, encodePem, parseBundle, parseCertificate } from '@easycerts/pki';
import { answerFinding } from './answer-checks.ts';

export interface EnrolmentToCheck {
  readonly answer: {
    readonly certificateDer: Uint8Array;
    readonly trustBundlePem: string;
    readonly serial: string;
    readonly nodeDocument: string;
  };
  /** The CA that the token pins. */
  readonly authority: CertificateFacts;
  /** Name of this host. */
  readonly host: string;
  readonly keyAlgorithm: KeyAlgorithm;
  /** Of the key that was made for the request. */
  readonly spkiFingerprint: string;
  readonly paths: Paths;
  readonly nowMs: number;
}

export interface CheckedEnrolment {
  readonly document: NodeDocument;
  /** Of the identity, as the list of the received configuration has it. */
  readonly spec: CertificateSpec;
  readonly certificate: CertificateFacts;
  /** The trust bundle, only the certificates. */
  readonly bundlePem: string;
}

/** Pure. AppError FAILED_PRECONDITION when the answer is not what a node may get, DAMAGED or INVALID_CONFIG when its document is not whole. */
export function checkEnrolment(enrolment: EnrolmentToCheck): CheckedEnrolment {
  const { answer, authority, host, keyAlgorithm, spkiFingerprint, nowMs } = enrolment;
  const document = parseNodeDocument(answer.nodeDocument, host);
  const spec = { ...identitySpecOf(document, enrolment), keyAlgorithm };
  const certificate = parsed('certificate', () => parseCertificate(answer.certificateDer));
  const finding = answerFinding({
    spec,
    certificate,
    chain: [],
    bundle: [authority],
    spkiFingerprint,
    serial: answer.serial,
    nowMs,
  });
  if (finding !== undefined) throw refused(finding.reason, finding.detail);
  return { document, spec, certificate, bundlePem: bundleOf(answer.trustBundlePem, authority) };
}

/** A node, and nothing else: the role decides what the host will ask for, and what its files make it run. */
function identitySpecOf(document: NodeDocument, { paths }: EnrolmentToCheck): CertificateSpec {
  const { cluster, host } = document;
  if (host.roles.length !== 1 || host.roles[0] !== 'node') {
    throw refused('subject', `it makes this host ${host.roles.join(' and ') || 'nothing'}, not a node`);
  }
  const config = parseClusterConfig(cluster, paths.receivedConfig, { node: {} });
  if (config.apiserver.enable) throw refused('subject', 'its configuration is that of a master');
  const spec = resolveCertificates(config, host, paths).find(({ name }) => name === 'host');
  if (spec === undefined) throw refused('subject', 'its configuration has no certificates of ours');
  return spec;
}

function bundleOf(pem: string, authority: CertificateFacts): string {
  const certificates = parsed('trust bundle', () => parseBundle(pem));
  const foreign = certificates.find(({ isCa }) => !isCa);
  if (foreign !== undefined) throw refused('issuer', `its trust bundle holds ${foreign.subjectText}, which is no CA`);
  if (!certificates.some(({ spkiFingerprint }) => spkiFingerprint === authority.spkiFingerprint)) {
    throw refused('issuer', 'its trust bundle lacks the CA that the token names');
  }
  return certificates.map(({ der }) => encodePem('CERTIFICATE', der)).join('');
}

/** What cannot be read is no fault of our input. */
function parsed<T>(what: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw refused('unreadable', `its ${what} cannot be read`, cause);
  }
}

function refused(reason: string, detail: string, cause?: unknown): AppError {
  const cure =
    reason === 'not-yet-valid'
      ? 'set the clock of this host'
      : 'install the same version of easycerts on the master and on this host';
  return new AppError('FAILED_PRECONDITION', `enrol: the CA's answer is refused: ${detail}`, {
    ...(cause === undefined ? {} : { cause }),
    details: { reason, cure },
  });
}
