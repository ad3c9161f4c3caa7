/** `newkey`: a private key and a CSR for whoever asks. Off unless `pki.cfssl.newkey` is set: keys belong where they are used. */

import { createHash } from 'node:crypto';
import { canonicalIp, type KeyAlgorithm } from '@easycerts/cluster';
import { isAppError } from '@easycerts/core';
import { createCsr, encodePem, generateKeyPair, privateKeyToPem } from '@easycerts/pki';
import { badRequest } from '../../core/cfssl/cfssl-error.ts';
import { fieldOf, jsonObjectOf, textField, textsField } from '../../core/cfssl/json-fields.ts';
import { isObject, type JsonObject } from '../../core/stored-json.ts';
import type { CfsslEndpoint } from './endpoint.ts';

/** Key generation takes up to a second of a core: more at once are refused. */
const maxAtOnce = 4;

export function createNewkey(): CfsslEndpoint {
  let atWork = 0;
  return {
    method: 'POST',
    answer: async ({ body }) => {
      const request = jsonObjectOf(body, 'unexpected end of JSON input');
      if (request.CA !== undefined || request.ca !== undefined) throw badRequest('ca section only permitted in initca');
      const algorithm = algorithmOf(request);
      if (atWork >= maxAtOnce) throw badRequest('too many keys are being made');
      atWork += 1;
      try {
        return { result: await keyAndCsr(request, algorithm) };
      } finally {
        atWork -= 1;
      }
    },
  };
}

async function keyAndCsr(request: JsonObject, algorithm: KeyAlgorithm) {
  const keyPair = await generateKeyPair(algorithm);
  const hosts = textsField(request, 'hosts') ?? [];
  const isAddress = (host: string): boolean => canonicalIp(host) !== undefined;
  const alternativeNames = { dns: hosts.filter((host) => !isAddress(host)), ip: hosts.filter(isAddress) };
  const csr = await createCsr({ keyPair, subject: subjectOf(request), alternativeNames }).catch((error: unknown) => {
    throw isAppError(error, 'INVALID_INPUT') ? badRequest(error.message) : error;
  });
  const sum = (hash: string): string => createHash(hash).update(csr).digest('hex').toUpperCase();
  return {
    private_key: privateKeyToPem(keyPair.privateKey),
    certificate_request: encodePem('CERTIFICATE REQUEST', csr),
    sums: { certificate_request: { md5: sum('md5'), 'sha-1': sum('sha1'), 'sha-256': sum('sha256') } },
  };
}

function subjectOf(request: JsonObject) {
  const names = fieldOf(request, 'names') ?? [];
  if (!Array.isArray(names) || !names.every(isObject)) throw badRequest('names is not a list of names');
  const others = names.flatMap((name) =>
    Object.keys(name).filter((key) => key.toLowerCase() !== 'o' && name[key] !== ''),
  );
  if (others.length > 0) throw badRequest(`only CN and O are taken, not ${others.join(', ').slice(0, 100)}`);
  const organizations = names.map((name) => textField(name, 'O')).filter((organization) => organization !== '');
  return { commonName: textField(request, 'CN'), organizations };
}

/** cfssl's default is ECDSA with 256 bits. */
function algorithmOf(request: JsonObject): KeyAlgorithm {
  const key = fieldOf(request, 'key') ?? { algo: 'ecdsa', size: 256 };
  const [algo, size] = isObject(key) ? [fieldOf(key, 'algo'), fieldOf(key, 'size')] : [];
  if (algo === 'ecdsa' && (size === 256 || size === 384)) return `ecdsa-p${size}`;
  if (algo === 'rsa' && (size === 2048 || size === 3072 || size === 4096)) return `rsa-${size}`;
  throw badRequest('only ecdsa of 256 or 384 and rsa of 2048, 3072 or 4096 bits are made');
}
