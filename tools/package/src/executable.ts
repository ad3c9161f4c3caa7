/** Makes the single executable: Node.js without its symbols, our script, its compiled code. */

import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Architecture } from './core/architecture.ts';
import { seaConfig } from './core/sea-config.ts';
import { stripElf } from './core/strip-elf.ts';
import { runCommand } from './run-command.ts';

export interface ExecutableOptions {
  readonly architecture: Architecture;
  readonly script: Uint8Array;
  /** Of this machine's processor and the same version: it does the work. */
  readonly builder: string;
  /** What is made an executable. */
  readonly node: string;
  /** An empty folder; the result stays in it. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

/** The path of the executable. */
export async function buildExecutable(options: ExecutableOptions): Promise<string> {
  const { architecture, builder, env, folder, node, script, signal } = options;
  const files = {
    script: join(folder, 'easycerts.cjs'),
    node: join(folder, 'node'),
    executable: join(folder, 'easycerts'),
    config: join(folder, 'sea.json'),
  };
  await writeFile(files.script, script);
  // before, not after: what is added behind the sections would be cut off with them
  await writeFile(files.node, stripElf(await readFile(node)), { mode: 0o755 });
  await writeFile(files.config, JSON.stringify(seaConfig(files, architecture === process.arch)));
  // --predictable: the same script gives the same compiled code, byte by byte
  await runCommand(builder, ['--predictable', '--build-sea', files.config], {
    env: { ...env, NODE_OPTIONS: undefined },
    cwd: folder,
    signal,
  });
  await chmod(files.executable, 0o755);
  return files.executable;
}
