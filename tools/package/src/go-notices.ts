/** The licences of what a Go program is made of, from the modules themselves; kept, for Go is not asked twice. */

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheFolder } from './cache-folder.ts';
import type { Notice } from './core/copyright.ts';
import { goModules } from './core/go-modules.ts';
import { readLicence } from './licence-file.ts';
import { runCommand } from './run-command.ts';

export interface GoNoticesOptions {
  readonly program: string;
  /** SHA-256 of the program. */
  readonly digest: string;
  /** File of the package that it becomes. */
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

const cure = 'install Go (https://go.dev/dl), which has built the program too';

/** One a module, and one of Go itself. */
export async function goNotices(options: GoNoticesOptions): Promise<readonly Notice[]> {
  const kept = join(cacheFolder(options.env), 'licences', `${options.digest}.json`);
  const found = await readFile(kept, 'utf8').catch(() => undefined);
  if (found !== undefined) return JSON.parse(found);
  const notices = await gatherNotices(options);
  await mkdir(dirname(kept), { recursive: true });
  await writeFile(kept, JSON.stringify(notices));
  return notices;
}

async function gatherNotices({ program, file, signal, ...options }: GoNoticesOptions): Promise<readonly Notice[]> {
  // outside any module of this repository, and without flags of somebody's own
  const env = { ...options.env, GOFLAGS: '', GOWORK: 'off' };
  const go = (...words: readonly string[]): Promise<string> =>
    runCommand('go', words, { env, cwd: dirname(program), signal, cure });
  const root = (await go('env', 'GOROOT')).trim();
  const folders = [{ name: 'Go', folder: root }];
  for (const { path, version } of goModules(await go('version', '-m', program))) {
    const { Dir: folder } = JSON.parse(await go('mod', 'download', '-json', `${path}@${version}`));
    folders.push({ name: `${path} ${version}`, folder });
  }
  return Promise.all(
    folders.map(async ({ name, folder }) => ({
      file,
      name,
      // distributions of Go may keep its licence elsewhere
      text: (await readLicence(folder)) ?? `See https://pkg.go.dev/${name.split(' ')[0]}?tab=licenses`,
    })),
  );
}
