/** Gives containerd the images that were built on this machine, once for each version, as soon as it listens. */

import { readFile, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Paths } from '@easycerts/cluster';
import { AppError } from '@easycerts/core';
import { formatImported, type ImageArchive, imagesToImport } from '../../core/image-imports.ts';
import { runProgram } from '../run-program.ts';
import type { StateFile } from './state-file.ts';

export interface ImportOptions {
  readonly images: readonly string[];
  readonly ctr: string;
  readonly socket: string;
  readonly paths: Paths;
  readonly state: StateFile;
  readonly signal: AbortSignal;
}

const retryMs = 50;
const importTimeoutMs = 300_000;

/** Imports what containerd does not have yet; does nothing without images. */
export async function importImages(options: ImportOptions): Promise<void> {
  const { ctr, images, paths, signal, socket, state } = options;
  if (images.length === 0 || signal.aborted) return;
  // Beside the data that it tells of, so that both go together.
  const stamp = join(paths.containerd, 'easycerts-images.json');
  const archives = await Promise.all(images.map(archiveOf));
  const missing = imagesToImport(archives, await readFile(stamp, 'utf8').catch(() => undefined));
  state.begin('images');
  if (missing.length === 0) return state.end('images', 'done', 'there already');
  try {
    if (!(await waitForSocket(socket, signal))) return;
    for (const { path } of missing) await importOne(ctr, socket, path);
    await writeFile(stamp, formatImported(archives));
    state.end('images', 'done', `${missing.length} imported`);
  } catch (error) {
    state.end('images', 'failed', error instanceof Error ? error.message : String(error));
    throw error;
  }
}

async function archiveOf(path: string): Promise<ImageArchive> {
  const { size, mtimeMs } = await stat(path);
  return { path, version: `${size}-${mtimeMs}` };
}

async function importOne(ctr: string, socket: string, path: string): Promise<void> {
  const args = ['--address', socket, '--namespace', 'k8s.io', 'images', 'import', path];
  const { exitCode, stderr } = await runProgram(ctr, args, { timeoutMs: importTimeoutMs });
  if (exitCode !== 0) throw new AppError('INTERNAL', `import ${path}: ${stderr.trim()}`);
}

/** False when the signal came first. */
async function waitForSocket(path: string, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    if (await accepts(path)) return true;
    await delay(retryMs, undefined, { signal }).catch(() => undefined);
  }
  return false;
}

function accepts(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(path);
  socket.once('connect', () => resolve(true));
  socket.once('error', () => resolve(false));
  return promise.finally(() => socket.destroy());
}
