/** Inputs that are kept: vectors/fuzz/<target>/corpus has one a line, base64; crashes/ a file for each that broke something. */

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemErrorCode } from '@easycerts/core';

const folder = fileURLToPath(new URL('../../../../../vectors/fuzz/', import.meta.url));

export interface KeptInput {
  /** File, and line in it. */
  readonly where: string;
  readonly input: Uint8Array;
}

/** The corpus of a target; none when there is no file. */
export function readCorpus(target: string): readonly KeptInput[] {
  const path = join(folder, target, 'corpus');
  return (readIfThere(path)?.toString('latin1') ?? '')
    .split('\n')
    .map((line, at) => ({ where: `${target}/corpus:${at + 1}`, input: new Uint8Array(Buffer.from(line, 'base64')) }))
    .filter(({ input }) => input.length > 0);
}

/** Inputs that once broke something. */
export function readCrashes(target: string): readonly KeptInput[] {
  const path = join(folder, target, 'crashes');
  return listIfThere(path).map((name) => ({
    where: `${target}/crashes/${name}`,
    input: new Uint8Array(readFileSync(join(path, name))),
  }));
}

/** Keeps what broke something; the path of its file. */
export function keepCrash(target: string, input: Uint8Array): string {
  const name = createHash('sha256').update(input).digest('hex').slice(0, 16);
  const path = join(folder, target, 'crashes');
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, name), input);
  return join('vectors/fuzz', target, 'crashes', name);
}

/** Replaces the corpus. */
export function keepCorpus(target: string, inputs: readonly Uint8Array[]): void {
  const lines = [...new Set(inputs.map((input) => Buffer.from(input).toString('base64')))].filter(Boolean);
  mkdirSync(join(folder, target), { recursive: true });
  writeFileSync(join(folder, target, 'corpus'), `${lines.join('\n')}\n`);
}

function readIfThere(path: string): Buffer | undefined {
  return ifThere(() => readFileSync(path));
}

function listIfThere(path: string): readonly string[] {
  return ifThere(() => readdirSync(path).sort()) ?? [];
}

function ifThere<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
