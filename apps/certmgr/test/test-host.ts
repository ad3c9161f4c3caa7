/** A host in a temporary folder: spec files, sets, and certmgr's parts with a clock that is told the time. */

import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { TestContext } from 'node:test';
import { type CertificateSpec, filesOfSet, type Paths, pathsUnder } from '@easycerts/cluster';
import { minuteMs } from '@easycerts/core';
import { encodePem, generateKeyPair, privateKeyToPem, spkiOf } from '@easycerts/pki';
import { deliverSet, readSet, type ServiceContext, type Users } from '@easycerts/runtime';
import {
  type AdvanceableClock,
  advanceableClock,
  type LogEntry,
  type RecordingPublisher,
  recordingLogger,
  recordingPublisher,
  temporaryDirectory,
  testTime,
} from '@easycerts/testing';
import { type CertmgrSettings, defaultSettings } from '../src/config.ts';
import { type Assembly, assemble, directoriesOf } from '../src/edge/assemble.ts';
import type { Authority } from '../src/edge/authority.ts';
import { type PassOptions, type PassResult, runPass } from '../src/edge/pass.ts';
import { ensureState } from '../src/edge/state-file.ts';
import { type RunningCertmgr, startCertmgr } from '../src/start-certmgr.ts';
import { createTestCa, type TestCa } from './test-ca.ts';

export interface TestHost {
  readonly paths: Paths;
  readonly clock: AdvanceableClock;
  readonly ca: TestCa;
  readonly context: ServiceContext;
  readonly events: RecordingPublisher;
  readonly log: readonly LogEntry[];
  readonly users: Users;
  /** What the CA grants and `writeSpecs` writes. */
  specs: readonly CertificateSpec[];
  spec(name: string, more?: Partial<CertificateSpec>): CertificateSpec;
  writeSpecs(...specs: readonly CertificateSpec[]): Promise<void>;
  writeSpecFile(name: string, content: string): Promise<string>;
  removeSpecFile(name: string): Promise<void>;
  /** New parts, as a process that has just started has them. */
  assemble(settings?: Partial<CertmgrSettings>, ca?: Authority): Assembly;
  /** One pass of the given parts over the spec files. */
  pass(assembly: Assembly, options?: Partial<PassOptions>): Promise<PassResult>;
  /** The daemon; closed with the test. */
  start(settings?: Partial<CertmgrSettings>): Promise<RunningCertmgr>;
  /** Serial number of the set in use. */
  serialOf(name: string): Promise<string | undefined>;
  fileOf(name: string, part: 'cert' | 'key' | 'ca'): Promise<string>;
  /** Puts a set in place that the CA signed without certmgr. */
  deliver(spec: CertificateSpec, validity?: { readonly notBefore: Date; readonly notAfter: Date }): Promise<void>;
}

/** A host with no specs yet, at the given time. */
export async function createTestHost(test: Pick<TestContext, 'after'>, time: string = testTime): Promise<TestHost> {
  const root = await temporaryDirectory();
  test.after(() => root.remove());
  const paths = pathsUnder(root.path);
  const clock = advanceableClock(time);
  const events = recordingPublisher({ host: 'n1', service: 'certmgr' }, clock);
  const { logger, entries } = recordingLogger();
  const users: Users = { idsOf: () => undefined };
  await mkdir(paths.certificateSpecs, { recursive: true });
  await ensureState(paths);
  const context: ServiceContext = { clock, logger, events, random: () => 0.5 };
  const ca = await createTestCa(clock, () => host.specs);
  const options = { host: 'n1', paths, users };
  const host: TestHost = {
    paths,
    clock,
    ca,
    context,
    events,
    log: entries,
    users,
    specs: [],
    spec: (name, more = {}) => ({ ...plainSpec(name, `${paths.secrets}/${name}`), ...more }),
    writeSpecs: async (...specs) => {
      host.specs = specs;
      for (const spec of specs)
        await host.writeSpecFile(spec.name, JSON.stringify({ apiVersion: 'easycerts/v1', ...spec }));
    },
    writeSpecFile: async (name, content) => {
      const file = `${paths.certificateSpecs}/${name}.json`;
      await writeFile(file, content);
      return file;
    },
    removeSpecFile: (name) => rm(`${paths.certificateSpecs}/${name}.json`),
    assemble: (settings = {}, authority = ca) =>
      assemble(context, { ...options, ca: authority, settings }, new AbortController().signal),
    pass: (assembly, more = {}) => {
      const { specs } = assembly.specFiles.load();
      assembly.observer.begin(directoriesOf(specs));
      return runPass(assembly, { specs, ...more });
    },
    start: async (settings = {}) => {
      const connect = () => ({ sign: ca.sign, getTrustBundle: ca.getTrustBundle, close: () => undefined });
      const certmgr = await startCertmgr(context, {
        ...options,
        connect,
        settings: { ...defaultSettings, ...settings },
      });
      test.after(() => certmgr.close());
      return certmgr;
    },
    serialOf: async (name) => (await readSet(`${paths.secrets}/${name}`)).serial,
    fileOf: (name, part) => readFile(filesOfSet(`${paths.secrets}/${name}`)[part], 'utf8'),
    deliver: async (spec, validity) => {
      const keyPair = await generateKeyPair(spec.keyAlgorithm);
      const der = await ca.issueFor(spec, spkiOf(keyPair.publicKey), validity);
      const files = {
        cert: encodePem('CERTIFICATE', der),
        key: privateKeyToPem(keyPair.privateKey),
        ca: ca.bundleOf(spec.authority),
      };
      const { directory, owner, group, keyMode } = spec;
      await deliverSet({ directory, files, owner, group, keyMode, users });
    },
  };
  return host;
}

/** A client certificate of the kubernetes CA for thirty days. */
export function plainSpec(name: string, directory: string): CertificateSpec {
  return {
    name,
    authority: 'kubernetes',
    subject: { commonName: `system:${name}`, organizations: ['system:nodes'] },
    alternativeNames: { dns: [`${name}.example`], ip: ['10.0.0.1'] },
    usages: ['client auth'],
    keyAlgorithm: 'ecdsa-p256',
    validityS: 30 * 86_400,
    directory,
    owner: 'root',
    group: 'root',
    keyMode: 0o600,
    usedBy: ['kubelet'],
  };
}

/** Past renewal of a certificate of thirty days. */
export const afterTwoThirds = 20 * 24 * 60 * minuteMs;

/** `kubelet:renewed` for everything that was done. */
export function done({ outcomes }: PassResult): readonly string[] {
  return outcomes
    .flatMap((outcome) => {
      if (outcome.kind === 'kept')
        return outcome.kept.kind === 'nothing' ? [] : [`${outcome.name}:${outcome.kept.kind}`];
      return outcome.kind === 'failed'
        ? [`${outcome.name}:${outcome.attempt.error.code}`]
        : [`${outcome.name}:broken-off`];
    })
    .sort();
}

/** Writes specs with these names and lets one pass deliver them. */
export async function delivered(host: TestHost, ...names: readonly string[]): Promise<void> {
  await host.writeSpecs(...names.map((name) => host.spec(name)));
  assert.equal(done(await host.pass(host.assemble())).length, names.length);
}
