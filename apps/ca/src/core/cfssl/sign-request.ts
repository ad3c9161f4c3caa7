/** What asks for a certificate: the body of `sign`, and the request inside the body of `authsign` (signhandler.go of cfssl). */

import { isAppError } from '@easycerts/core';
import { decodePem } from '@easycerts/pki';
import { isObject, type JsonObject } from '../stored-json.ts';
import { badRequest, cfsslError } from './cfssl-error.ts';
import { bytesField, fieldOf, flagField, jsonObjectOf, textField, textsField } from './json-fields.ts';

/** Replaces fields of the CSR's subject; an empty one stays as the CSR has it. */
export interface SubjectOverride {
  readonly commonName: string;
  readonly organizations: readonly string[];
  /** Whether it says more than a common name and organizations. */
  readonly hasOthers: boolean;
}

export interface CfsslSignRequest {
  readonly csrPem: string;
  /** Replaces the names of the CSR, even when it is empty; undefined: the CSR's. */
  readonly hosts: readonly string[] | undefined;
  readonly subject: SubjectOverride | undefined;
  readonly profile: string;
  readonly label: string;
  readonly bundle: boolean;
}

/** A request and the proof that it comes from the holder of a key. `timestamp` and `remote_address` prove nothing: ignored. */
export interface AuthenticatedRequest {
  readonly token: Uint8Array;
  /** The very bytes that the token is of. */
  readonly request: Buffer;
}

/** Reads the body of `authsign`. CfsslError for what is no such body. */
export function authenticatedRequestOf(body: string): AuthenticatedRequest {
  const object = jsonObjectOf(body, 'Unable to parse authenticated request');
  return { token: bytesField(object, 'token'), request: bytesField(object, 'request') };
}

/** Reads what asks for a certificate. CfsslError for what is no such thing. */
export function signRequestOf(text: string, message: string): CfsslSignRequest {
  const object = jsonObjectOf(text, message);
  // As cfssl: `hostname`, names with commas between them, goes before `hosts`.
  const hostname = textField(object, 'hostname');
  return {
    csrPem: textField(object, 'certificate_request'),
    hosts: hostname === '' ? textsField(object, 'hosts') : hostname.split(','),
    subject: subjectOf(object),
    profile: textField(object, 'profile'),
    label: textField(object, 'label'),
    bundle: flagField(object, 'bundle'),
  };
}

/** The request itself, DER. CfsslError as cfssl's for what is no PEM, or another thing in PEM. */
export function csrDerOf({ csrPem }: CfsslSignRequest): Uint8Array {
  if (csrPem === '') throw badRequest("missing parameter 'certificate_request'");
  const block = firstBlock(csrPem);
  if (block === undefined) throw cfsslError('csrNotPem');
  if (block.label === 'CERTIFICATE REQUEST' || block.label === 'NEW CERTIFICATE REQUEST') return block.der;
  throw cfsslError('noCsr');
}

function firstBlock(text: string) {
  try {
    return decodePem(text)[0];
  } catch (error) {
    if (isAppError(error, 'INVALID_INPUT')) return undefined;
    throw error;
  }
}

const otherAttributes = ['C', 'ST', 'L', 'OU', 'E', 'SerialNumber', 'OID'] as const;

function subjectOf(object: JsonObject): SubjectOverride | undefined {
  const value = fieldOf(object, 'subject');
  if (value === undefined) return undefined;
  if (!isObject(value)) throw badRequest('json: cannot unmarshal field subject into Go value of type signer.Subject');
  const names = fieldOf(value, 'names') ?? [];
  if (!Array.isArray(names) || !names.every(isObject))
    throw badRequest('json: cannot unmarshal field names into Go value of type []csr.Name');
  const isGiven = (source: JsonObject) => (name: string) =>
    isObject(fieldOf(source, name)) || textField(source, name) !== '';
  return {
    commonName: textField(value, 'CN'),
    organizations: names.map((name) => textField(name, 'O')).filter((organization) => organization !== ''),
    hasOthers: isGiven(value)('SerialNumber') || names.some((name) => otherAttributes.some(isGiven(name))),
  };
}
