/** Makes the single executable: Node.js without its symbols, our scripts, their compiled code. */

import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { constants, zstdCompress } from 'node:zlib';
import type { Bundle } from './bundle.ts';
import type { Architecture } from './core/architecture.ts';
import { execArgv, seaConfig } from './core/sea-config.ts';
import { stripElf } from './core/strip-elf.ts';
import { trimSymbols } from './core/trim-symbols.ts';
import { runCommand } from './run-command.ts';

export interface ExecutableOptions extends Omit<Bundle, 'notices'> {
  readonly architecture: Architecture;
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
  const { architecture, builder, env, first, folder, node, signal } = options;
  const files = {
    script: join(folder, 'first.cjs'),
    node: join(folder, 'node'),
    executable: join(folder, 'easycerts'),
    config: join(folder, 'sea.json'),
    assets: await writeAssets(options),
  };
  await writeFile(files.script, first);
  // before, not after: what is added behind the sections would be cut off with them
  await writeFile(files.node, trimSymbols(stripElf(await readFile(node)), architecture), { mode: 0o755 });
  await writeFile(files.config, JSON.stringify(seaConfig(files)));
  await runCommand(builder, ['--build-sea', files.config], {
    env: { ...env, NODE_OPTIONS: undefined },
    cwd: folder,
    signal,
  });
  await chmod(files.executable, 0o755);
  return files.executable;
}

/** Each script, and its compiled code where that can be made here; by the names under which the first script looks for them. */
async function writeAssets(options: ExecutableOptions): Promise<Readonly<Record<string, string>>> {
  const { architecture, builder, compiler, env, folder, scripts, signingThread, signal } = options;
  const assets: Record<string, string> = {};
  await writeFile(join(folder, signingThreadFile), signingThread);
  assets[signingThreadFile] = await compress(join(folder, signingThreadFile));
  await writeFile(join(folder, 'compiler.cjs'), compiler);
  for (const [name, text] of Object.entries(scripts)) {
    const [script, code] = [`${name}.cjs`, `${name}.code`];
    await writeFile(join(folder, script), text);
    assets[script] = await compress(join(folder, script));
    if (architecture !== process.arch) continue;
    // --predictable: the same script gives the same compiled code, byte by byte, where no path has another length either
    await runCommand(builder, ['--predictable', ...execArgv, 'compiler.cjs', script, code], {
      env: { ...env, NODE_OPTIONS: undefined },
      cwd: folder,
      signal,
    });
    assets[code] = await compress(join(folder, code));
  }
  return assets;
}

/** The name that start-signing-thread.ts looks for. */
const signingThreadFile = 'signing-thread.cjs';

/** Read once at every start; a second more here. */
const level = { params: { [constants.ZSTD_c_compressionLevel]: 19 } };

async function compress(path: string): Promise<string> {
  const compressed = `${path}.zst`;
  await writeFile(compressed, await promisify(zstdCompress)(await readFile(path), level));
  return compressed;
}
