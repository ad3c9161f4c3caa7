/** The files of a fresh CA, as names and contents: written below a temporary folder, which then becomes the CA's. */

import { authorityNames } from '@easycerts/cluster';
import { type Authority, encodePem, privateKeyToPem } from '@easycerts/pki';
import { encodeRecords } from '../../core/ledger-record.ts';
import { encodeMadeAuthorities, madeAuthoritiesFile } from './made-authorities.ts';
import type { InitialSet, InitialState } from './make-initial-state.ts';

export interface StagedFile {
  /** Relative to the CA's folder. */
  readonly path: string;
  readonly content: string | Uint8Array;
  readonly mode: number;
}

/** What waits in `<ca>/initial` for its place elsewhere: a list in `deliveries.json`, the contents beside it. */
export interface Deliveries {
  readonly sets: readonly {
    readonly name: string;
    readonly directory: string;
    readonly owner: string;
    readonly group: string;
    readonly keyMode: number;
  }[];
}

/** Every file but the keys of the bus, which the runtime library writes. */
export function stagedFiles(state: InitialState): readonly StagedFile[] {
  return [
    ...authorityNames.flatMap((name) => authorityStagedFiles(`authorities/${name}`, state.authorities[name])),
    publicFile(madeAuthoritiesFile, encodeMadeAuthorities(authorityNames)),
    publicFile('initial-certificates.json', encodeRecords(state.records)),
    publicFile('initial/deliveries.json', JSON.stringify(deliveriesOf(state.sets))),
    secretFile('initial/service-account/sa-signing.key', state.serviceAccount.signingKey),
    publicFile('initial/service-account/sa-verify.pub', state.serviceAccount.verificationKeys),
    ...state.sets.flatMap(({ spec, cert, key, ca }) => [
      publicFile(`initial/${spec.name}/tls.crt`, cert),
      secretFile(`initial/${spec.name}/tls.key`, key),
      publicFile(`initial/${spec.name}/ca.crt`, ca),
    ]),
  ];
}

/** The files of one authority, in a folder. */
export function authorityStagedFiles(folder: string, { certificate, keyPair }: Authority): readonly StagedFile[] {
  return [
    publicFile(`${folder}/ca.crt`, encodePem('CERTIFICATE', certificate.der)),
    secretFile(`${folder}/ca.key`, privateKeyToPem(keyPair.privateKey)),
  ];
}

function deliveriesOf(sets: readonly InitialSet[]): Deliveries {
  return {
    sets: sets.map(({ spec }) => {
      const { name, directory, owner, group, keyMode } = spec;
      return { name, directory, owner, group, keyMode };
    }),
  };
}

function publicFile(path: string, content: string | Uint8Array): StagedFile {
  return { path, content, mode: 0o644 };
}

function secretFile(path: string, content: string): StagedFile {
  return { path, content, mode: 0o600 };
}
