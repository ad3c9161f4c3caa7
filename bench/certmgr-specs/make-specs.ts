/**
 * A host with many certificates, on disk as certmgr would have left it: a spec file, a set and a key of its own each, and the
 * trust bundle. `make-specs.ts <root> <count>`; without the fsyncs of a delivery, which would take minutes.
 */

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { pathsUnder } from '@easycerts/cluster';
import { encodePem, generateKeyPair, privateKeyToPem, spkiOf } from '@easycerts/pki';
import { systemClock } from '@easycerts/runtime';
import { createTestCa } from '../../apps/certmgr/test/test-ca.ts';
import { plainSpec } from '../../apps/certmgr/test/test-host.ts';

/** Writes it; the specs are of the kubernetes CA, for thirty days. */
export async function makeSpecs(root: string, count: number): Promise<void> {
  const paths = pathsUnder(root);
  const ca = await createTestCa(systemClock, () => []);
  const bundle = ca.bundleOf('kubernetes');
  const bundles = `${paths.certmgrState}/bundles`;
  for (const folder of [paths.certificateSpecs, bundles]) mkdirSync(folder, { recursive: true });
  writeFileSync(`${bundles}/kubernetes.pem`, bundle);
  for (let index = 0; index < count; index += 1) {
    const name = `service-${index}`;
    const spec = plainSpec(name, `${paths.secrets}/${name}`);
    const { privateKey, publicKey } = await generateKeyPair(spec.keyAlgorithm);
    const der = await ca.issueFor(spec, spkiOf(publicKey));
    const set = `.sets/${name}.1-a`;
    const target = `${dirname(spec.directory)}/${set}`;
    mkdirSync(target, { recursive: true });
    writeFileSync(`${target}/tls.crt`, encodePem('CERTIFICATE', der));
    writeFileSync(`${target}/tls.key`, privateKeyToPem(privateKey), { mode: 0o600 });
    writeFileSync(`${target}/ca.crt`, bundle);
    symlinkSync(set, spec.directory);
    writeFileSync(`${paths.certificateSpecs}/${name}.json`, JSON.stringify({ apiVersion: 'easycerts/v1', ...spec }));
  }
}

if (import.meta.main) await makeSpecs(process.argv[2] ?? '', Number(process.argv[3] ?? 10_000));
