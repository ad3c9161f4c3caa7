/** Loads `cluster.yaml`: read, parsed whole, and with a master address that resolves. */

import { lookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { basename, dirname, join } from 'node:path';
import type { ClusterConfig, ParseOptions } from '@easycerts/cluster';
import { configError, parseClusterConfig } from '@easycerts/cluster';
import { AppError, isAppError, systemErrorCode, toAppError } from '@easycerts/core';

export interface LoadClusterConfigOptions extends ParseOptions {
  /** Resolves a name to an address, or rejects; default DNS and /etc/hosts. */
  readonly resolve?: (name: string) => Promise<unknown>;
  /**
   * Default true. False for daemons, which must start again from disk while DNS is away: the address has been checked when
   * the file was applied.
   */
  readonly mustResolve?: boolean;
}

// A name server that does not answer takes longer than anybody waits for a command.
const resolveTimeoutMs = 5_000;

/** Loads the configuration. AppError INVALID_CONFIG with `details.problems` ({path, message}) when anything is wrong. */
export async function loadClusterConfig(file: string, options: LoadClusterConfigOptions = {}): Promise<ClusterConfig> {
  return configOfTexts(await readClusterTexts(file), file, options);
}

/** The same for texts that are at hand; `file` names them in messages. */
export async function configOfTexts(
  { text, overlay, node }: ClusterTexts,
  file: string,
  options: LoadClusterConfigOptions = {},
): Promise<ClusterConfig> {
  const config = parseClusterConfig(text, file, {
    ...(overlay === undefined ? {} : { overlay }),
    ...(node === undefined ? {} : { node }),
  });
  if (options.mustResolve !== false) await checkMasterAddress(config.masterAddress, file, options.resolve ?? lookup);
  return config;
}

/**
 * The configuration for a daemon: the file as it is, or, when it has problems now, as config-renderer accepted it last, so
 * that a mistake in the file never keeps a host from starting again. `onProblem` hears of the mistake.
 */
export async function loadAcceptedConfig(file: string, onProblem: (error: AppError) => void): Promise<ClusterConfig> {
  try {
    return await loadClusterConfig(file, { mustResolve: false });
  } catch (error) {
    if (!isAppError(error, 'INVALID_CONFIG')) throw error;
    const accepted = await loadClusterConfig(acceptedCopyOf(file), { mustResolve: false }).catch(() => undefined);
    if (accepted === undefined) throw error;
    onProblem(error);
    return accepted;
  }
}

/** Where config-renderer keeps the copy of a configuration that it accepted; the overlay's copy lies beside it. */
export function acceptedCopyOf(file: string): string {
  return join(dirname(file), 'accepted', basename(file));
}

/** The texts that a configuration is made of. */
export interface ClusterTexts {
  readonly text: string;
  readonly overlay: string | undefined;
  /** Present on a node that has joined: `text` is what its master gave it. */
  readonly node: { readonly overrides: string | undefined } | undefined;
}

/** What stands beside the master's part on a node: the texts with another one in its place. */
export async function readNodeTexts(file: string, received: string): Promise<ClusterTexts> {
  const folder = dirname(file);
  const overlay = await readOptional(join(folder, 'overlay.yaml'));
  return { text: received, overlay, node: { overrides: await readOptional(join(folder, 'node.yaml')) } };
}

/** Reads them. A host without the file that has joined a cluster has `received/cluster.yaml` and `node.yaml` beside it. */
export async function readClusterTexts(file: string): Promise<ClusterTexts> {
  const folder = dirname(file);
  const text = await readOptional(file);
  if (text !== undefined) return { text, overlay: await readOptional(join(folder, 'overlay.yaml')), node: undefined };
  const received = await readOptional(join(folder, 'received', basename(file)));
  if (received === undefined) throw noConfiguration(file);
  return readNodeTexts(file, received);
}

/** The text of a file that may be absent: overlay.yaml is what the installation knows about itself. */
async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw toAppError(error, `read ${path}`);
  }
}

/** Whether an error of loading says that there is no configuration at all: this host is not part of a cluster yet. */
export function isConfigAbsent(error: unknown): boolean {
  return isAppError(error, 'INVALID_CONFIG') && error.details.isAbsent === true;
}

function noConfiguration(file: string): AppError {
  return new AppError('INVALID_CONFIG', `the cluster configuration ${file} does not exist`, {
    details: {
      path: file,
      isAbsent: true,
      cure:
        'write it, for one machine: roles: [master, node] and masterAddress: localhost, each on its line; ' +
        'a further machine joins instead: `joiner join` with a token of the master',
    },
  });
}

async function checkMasterAddress(
  address: string,
  file: string,
  resolve: (name: string) => Promise<unknown>,
): Promise<void> {
  if (isIP(address) !== 0) return;
  try {
    await withTimeLimit(resolve(address), resolveTimeoutMs);
  } catch (error) {
    const reason = systemErrorCode(error) ?? 'no answer';
    const cure = 'add it to DNS or /etc/hosts, or name an address that every node can reach';
    const problem = { path: 'masterAddress', message: `${address} does not resolve (${reason}): ${cure}` };
    const { message, details } = configError(file, [problem]);
    throw new AppError('INVALID_CONFIG', message, { cause: error, details });
  }
}

async function withTimeLimit(work: Promise<unknown>, limitMs: number): Promise<void> {
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${limitMs} ms`)), limitMs);
  try {
    await Promise.race([work, expired]);
  } finally {
    clearTimeout(timer);
  }
}
