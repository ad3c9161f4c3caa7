/** Gathers what the doctor judges beyond preflight. Changes nothing. */

import { readFile } from 'node:fs/promises';
import type { Paths } from '@easycerts/cluster';
import { parseCertificate } from '@easycerts/pki';
import { loadAcceptedConfig, readSet } from '@easycerts/runtime';
import type { DoctorFacts } from '../../core/doctor/facts.ts';
import type { HostState } from '../../core/host-state.ts';
import { masterServices, nodeServices } from '../../phases/join-context.ts';
import { askNode, connectAsNode } from './ask-node.ts';
import { busProblem } from './bus-problem.ts';
import { jsonFilesIn } from './certificate-progress.ts';
import { readCertmgrStatus } from './certmgr-status.ts';
import type { UnitControl } from './unit-control.ts';

export interface DoctorFactsOptions {
  readonly paths: Paths;
  readonly configFile: string;
  readonly state: HostState;
  /** Undefined on a host without systemd: nothing is said about units then. */
  readonly control: UnitControl | undefined;
}

const shownLines = 1;

export async function gatherDoctorFacts({
  configFile,
  control,
  paths,
  state,
}: DoctorFactsOptions): Promise<DoctorFacts> {
  const isMember = state.identity !== undefined || state.role === 'master';
  const services = state.role === 'master' ? masterServices : nodeServices;
  const wantedServices = control === undefined || !isMember ? [] : services;
  const config = await loadAcceptedConfig(configFile, () => undefined).catch(() => undefined);
  const [certmgr, certificates, node, problem] = await Promise.all([
    readCertmgrStatus(paths),
    readExpiries(paths),
    readNode(paths, state),
    config === undefined || !isMember ? undefined : busProblem(config, paths.hostIdentity),
  ]);
  const stopped = wantedServices.filter((unit) => state.services[unit]?.isActive !== true);
  const lines = await Promise.all(
    stopped.map(async (unit) => [unit, (await control?.lastLines(unit, shownLines)) ?? []] as const),
  );
  return {
    state,
    wantedServices,
    isCertmgrAlive: certmgr !== undefined,
    certificates,
    node,
    busProblem: problem,
    lastLines: Object.fromEntries(lines),
    nowMs: Date.now(),
  };
}

async function readNode(paths: Paths, state: HostState): Promise<DoctorFacts['node']> {
  if (!state.units.includes('kubelet')) return undefined;
  const kube = connectAsNode(paths);
  try {
    return await askNode(kube, state.name);
  } finally {
    kube.close();
  }
}

async function readExpiries(paths: Paths): Promise<DoctorFacts['certificates']> {
  const found = await Promise.all(
    (await jsonFilesIn(paths.certificateSpecs)).map(async (path) => {
      try {
        const { directory, name } = JSON.parse(await readFile(path, 'utf8')) as { directory: string; name: string };
        const { cert } = await readSet(directory);
        return [{ name, notAfterMs: parseCertificate(cert.toString('latin1')).notAfter.getTime() }];
      } catch {
        // what is missing or damaged, certmgr tells
        return [];
      }
    }),
  );
  return found.flat();
}
