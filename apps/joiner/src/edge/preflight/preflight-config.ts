/** The configuration by which preflight knows what is to run: the one there is, or what a node has before it has joined. */

import { access, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type ClusterConfig, parseClusterConfig, type Role } from '@easycerts/cluster';
import { isAppError, toAppError } from '@easycerts/core';
import { readClusterTexts } from '@easycerts/runtime';

export interface PreflightConfig {
  readonly config: ClusterConfig;
  /** Whether it is the cluster's, and not merely likely. */
  readonly isConfigured: boolean;
  readonly hasClusterFile: boolean;
  /** What is wrong with the files, one line each. */
  readonly problems: readonly string[];
}

export async function preflightConfig(configFile: string, role: Role): Promise<PreflightConfig> {
  const hasClusterFile = await access(configFile).then(
    () => true,
    () => false,
  );
  const problems: string[] = [];
  if (role === 'master' || !hasClusterFile) {
    try {
      const { node, overlay, text } = await readClusterTexts(configFile);
      const options = { ...(overlay === undefined ? {} : { overlay }), ...(node === undefined ? {} : { node }) };
      return { config: parseClusterConfig(text, configFile, options), isConfigured: true, hasClusterFile, problems };
    } catch (error) {
      if (role === 'master' || hasClusterFile) problems.push(...wordsOf(error));
    }
  }
  const likely = await likelyConfig(configFile, role);
  return { config: likely.config, isConfigured: false, hasClusterFile, problems: [...problems, ...likely.problems] };
}

/** The defaults, with what overlay.yaml and node.yaml say. */
async function likelyConfig(
  configFile: string,
  role: Role,
): Promise<{ readonly config: ClusterConfig; readonly problems: readonly string[] }> {
  const folder = dirname(configFile);
  const [overlay, overrides] = await Promise.all([textOf(`${folder}/overlay.yaml`), textOf(`${folder}/node.yaml`)]);
  // never asked for: 192.0.2.0/24 is for documents (RFC 5737)
  const text = `roles: [${role}]\nmasterAddress: 192.0.2.1\n`;
  const node = role === 'node' ? { node: { overrides } } : {};
  try {
    const options = { ...(overlay === undefined ? {} : { overlay }), ...node };
    return { config: parseClusterConfig(text, 'node.yaml', options), problems: [] };
  } catch (error) {
    return {
      config: parseClusterConfig(text, 'defaults', role === 'node' ? { node: {} } : {}),
      problems: wordsOf(error),
    };
  }
}

function wordsOf(error: unknown): readonly string[] {
  const { details, message } = toAppError(error, 'read the configuration');
  const problems = isAppError(error, 'INVALID_CONFIG') && Array.isArray(details.problems) ? details.problems : [];
  if (problems.length === 0) return [message];
  return problems.map(({ message: text, path }: { readonly message: string; readonly path: string }) =>
    path === '' ? text : `${path}: ${text}`,
  );
}

async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}
