/** A host with specs of cloudflare's certmgr in a temporary folder: NixOS's, with paths and the server put in the place of its own. */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { pathsUnder } from '@easycerts/cluster';
import type { ServiceContext } from '@easycerts/runtime';
import { nullPublisher } from '@easycerts/runtime';
import {
  type AdvanceableClock,
  advanceableClock,
  type LogEntry,
  recordingLogger,
  temporaryDirectory,
} from '@easycerts/testing';
import { type CertmgrConfig, resolveCertmgrConfig } from '../src/core/cfssl/config-file.ts';
import {
  assembleCfssl,
  type CfsslAssembly,
  type CfsslOptions,
  type CfsslPassResult,
  ensureCfsslState,
  runCfsslPass,
} from '../src/edge/cfssl/assemble-cfssl.ts';
import { type RunningCfsslCertmgr, startCfsslCertmgr } from '../src/start-cfssl-certmgr.ts';

const vectors = new URL('../../../vectors/certmgr-specs/nixos/json/', import.meta.url).pathname;

export interface SpecHost {
  readonly root: string;
  readonly specs: string;
  readonly secrets: string;
  readonly clock: AdvanceableClock;
  readonly log: readonly LogEntry[];
  config(more?: string): CertmgrConfig;
  write(name: string, spec: unknown): string;
  /** NixOS's fifteen, of this server. */
  writeNixos(server: { readonly url: string; readonly rootCa: string; readonly keyFile: string }): void;
  read(name: string): string;
  /** New parts, as a process that has just started has them. */
  assemble(more?: Partial<CfsslOptions>): Promise<CfsslAssembly>;
  pass(assembly: CfsslAssembly, forced?: readonly string[]): Promise<CfsslPassResult>;
  start(more?: Partial<CfsslOptions>): Promise<RunningCfsslCertmgr>;
}

/** A host at the time of the machine: the real server has no other. */
export async function createSpecHost(test: Pick<TestContext, 'after'>): Promise<SpecHost> {
  const { path: root, remove } = await temporaryDirectory();
  test.after(() => remove());
  const clock = advanceableClock(new Date().toISOString());
  const { logger, entries } = recordingLogger();
  const context: ServiceContext = { clock, logger, random: () => 0.5, events: nullPublisher };
  const [specs, secrets] = [`${root}/certmgr.d`, `${root}/secrets`];
  for (const folder of [specs, secrets]) mkdirSync(folder);
  const optionsWith = (more: Partial<CfsslOptions>): CfsslOptions => ({
    config: host.config(),
    paths: pathsUnder(`${root}/host`),
    users: { idsOf: () => undefined },
    areActionsWanted: true,
    environment: { PATH: `${root}/bin:${process.env.PATH}`, ACTED: `${root}/acted` },
    ...more,
  });
  const host: SpecHost = {
    root,
    specs,
    secrets,
    clock,
    log: entries,
    config: (more = '') =>
      resolveCertmgrConfig({ path: 'certmgr.yaml', text: `dir: ${specs}\nsvcmgr: command\n${more}` }, {}),
    write: (name, spec) => {
      const file = `${specs}/${name}`;
      writeFileSync(file, typeof spec === 'string' ? spec : JSON.stringify(spec));
      return file;
    },
    writeNixos: ({ url, rootCa, keyFile }) => {
      for (const name of readdirSync(vectors)) {
        const spec = JSON.parse(
          readFileSync(vectors + name, 'utf8')
            .replaceAll('/var/lib/kubernetes/secrets/apitoken.secret', keyFile)
            .replaceAll('/var/lib/kubernetes/secrets/ca.pem', rootCa)
            .replaceAll('/var/lib/kubernetes/secrets', secrets)
            .replaceAll('https://api.kube:8888', url),
        );
        host.write(name, spec);
      }
    },
    read: (name) => readFileSync(`${secrets}/${name}`, 'utf8'),
    assemble: async (more = {}) => {
      const ending = new AbortController();
      const assembly = assembleCfssl(context, optionsWith(more), ending.signal);
      await ensureCfsslState(assembly);
      test.after(() => {
        ending.abort();
        assembly.close();
      });
      return assembly;
    },
    pass: async (assembly, forced = []) => {
      const { specs: loaded, problems } = assembly.specFiles.load();
      if (problems.length > 0) throw new Error(JSON.stringify(problems));
      return runCfsslPass(assembly, { specs: loaded, forced: new Set(forced) });
    },
    start: async (more = {}) => {
      const service = await startCfsslCertmgr(context, optionsWith(more));
      test.after(() => service.close());
      return service;
    },
  };
  return host;
}

/** `kubelet.json:delivered` for everything that was done, in order. */
export function done({ outcomes }: CfsslPassResult): readonly string[] {
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
