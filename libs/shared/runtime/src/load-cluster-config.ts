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
  const { text, overlay } = await readClusterTexts(file);
  const config = parseClusterConfig(text, file, overlay === undefined ? {} : { overlay });
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
export async function readClusterTexts(
  file: string,
): Promise<{ readonly text: string; readonly overlay: string | undefined }> {
  const overlay = await readOverlay(file);
  return { text: await readConfigFile(file), overlay };
}

/**
 * What the installation knows about itself (where its binaries lie, a sandbox's address): `overlay.yaml` beside the
 * configuration, whose keys count where the configuration says nothing.
 */
async function readOverlay(file: string): Promise<string | undefined> {
  const path = join(dirname(file), 'overlay.yaml');
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw toAppError(error, `read ${path}`);
  }
}

async function readConfigFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw toAppError(error, `read ${file}`);
    throw new AppError('INVALID_CONFIG', `the cluster configuration ${file} does not exist`, {
      cause: error,
      details: {
        path: file,
        cure: `write it, for one machine: roles: [master, node] and masterAddress: localhost, each on its line`,
      },
    });
  }
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
