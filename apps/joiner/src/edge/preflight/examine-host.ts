/** Preflight of this host, whole: what is wanted, the facts, the findings. */

import { dirname } from 'node:path';
import type { Paths, Role } from '@easycerts/cluster';
import { runPreflight, runProgramChecks } from '../../core/preflight/checks.ts';
import type { PreflightInput } from '../../core/preflight/facts.ts';
import type { PreflightFinding } from '../../core/preflight/finding.ts';
import { preflightWants } from '../../core/preflight/wants.ts';
import { gatherPreflightFacts, type PreflightRoots } from './gather-preflight-facts.ts';
import { preflightConfig } from './preflight-config.ts';

export interface ExamineOptions {
  readonly role: Role;
  readonly paths: Paths;
  readonly configFile: string;
  /** Of the token; without them, those of the configuration, if there is one. */
  readonly endpoints: readonly string[];
  readonly roots?: Partial<PreflightRoots>;
}

export async function examineHost(options: ExamineOptions): Promise<readonly PreflightFinding[]> {
  return runPreflight(await inputOf(options));
}

/** The findings about programs alone. */
export async function examinePrograms(options: ExamineOptions): Promise<readonly PreflightFinding[]> {
  return runProgramChecks(await inputOf({ ...options, endpoints: [] }));
}

async function inputOf({ configFile, endpoints, paths, role, roots }: ExamineOptions): Promise<PreflightInput> {
  const { config, hasClusterFile, isConfigured, problems } = await preflightConfig(configFile, role);
  const wants = preflightWants({ config, role, isConfigured });
  const facts = await gatherPreflightFacts({
    wants,
    endpoints,
    clockPort: config.pki.httpsPort,
    containerdDirectory: paths.containerd,
    folders: [paths.state, paths.secrets, dirname(paths.clusterFile)],
    hasClusterFile,
    configProblems: problems,
    ...(roots === undefined ? {} : { roots }),
  });
  return { facts, wants };
}
