/** `ca import-config`: the part of cluster.yaml that a configuration of cfssl comes to, and in words what it does not. */

import { readFile } from 'node:fs/promises';
import { text as readText } from 'node:stream/consumers';
import { AppError, toAppError } from '@easycerts/core';
import type { CommandContext } from '@easycerts/runtime';
import { type ImportedConfig, type ImportNote, importConfig } from '../core/cfssl/import-config.ts';

const maxLength = 1_048_576;

/** Prints it; exit code 1 when something was refused. AppError INVALID_INPUT when the file is no configuration of cfssl. */
export async function importCfsslConfig({ isJson }: CommandContext, path: string): Promise<void> {
  const imported = importConfig(parseJson(await read(path), path));
  if (imported === undefined) throw notCfssl(path);
  const { profiles, notes } = imported;
  const isRefused = notes.some(({ kind }) => kind === 'refused');
  if (isJson) {
    const config = { pki: { cfssl: { enable: true, profiles } } };
    process.stdout.write(`${JSON.stringify({ config, notes }, undefined, 2)}\n`);
  } else {
    process.stdout.write(yamlOf(profiles));
    process.stderr.write(notes.map(lineOf).join(''));
  }
  if (isRefused) process.exitCode = 1;
}

/** For cluster.yaml: each profile on a line. */
export function yamlOf(profiles: ImportedConfig['profiles']): string {
  const lines = Object.entries(profiles).map(([name, { usages, expiry }]) => {
    const fields = [
      ...(usages === undefined ? [] : [`usages: [${usages.join(', ')}]`]),
      ...(expiry === undefined ? [] : [`expiry: ${expiry}`]),
    ];
    return `      ${name}: {${fields.join(', ')}}\n`;
  });
  const head = 'pki:\n  cfssl:\n    enable: true\n';
  return lines.length === 0 ? head : `${head}    profiles:\n${lines.join('')}`;
}

function lineOf({ path, kind, why }: ImportNote): string {
  return `${kind}: ${path}: ${why}\n`;
}

async function read(path: string): Promise<string> {
  try {
    const text = path === '-' ? await readText(process.stdin) : await readFile(path, 'utf8');
    if (text.length > maxLength) throw notCfssl(path);
    return text;
  } catch (error) {
    throw toAppError(error, `read ${path}`);
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The cause is left out: its text quotes the file, which has keys.
    throw notCfssl(path);
  }
}

function notCfssl(path: string): AppError {
  return new AppError('INVALID_INPUT', `read ${path}: not a configuration of cfssl`, {
    details: { path, cure: 'give the JSON file that `cfssl serve -config` reads' },
  });
}
