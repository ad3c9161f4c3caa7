/** `node tools/kube-assets/src/main.ts [group] [--json]`: gets the assets ready and says where they are. */

import { pathToFileURL } from 'node:url';
import { AppError, exitCodeOf, toAppError } from '@easycerts/core';
import type { Assets } from './assets.ts';
import { ensureAssets } from './ensure-assets.ts';
import { type Group, groups, isGroup, planOf } from './groups.ts';
import { renderError, renderEvent } from './render-event.ts';

export interface Arguments {
  readonly group: Group;
  readonly isJson: boolean;
}

/** Reads the command line; without a group, everything. Throws INVALID_INPUT. Pure. */
export function parseArguments(words: readonly string[]): Arguments {
  const unknown = words.filter((word) => word !== '--json' && !isGroup(word));
  const [group = 'all', ...more] = words.filter(isGroup);
  if (unknown.length > 0 || more.length > 0) {
    throw new AppError('INVALID_INPUT', `unknown argument: ${[...unknown, ...more].join(' ')}`, {
      details: { cure: `usage: main.ts [${groups.join('|')}] [--json]` },
    });
  }
  return { group, isJson: words.includes('--json') };
}

/** What `--json` prints: the assets as data. */
export function assetsAsJson(assets: Assets): string {
  const { version, binDir, cniBinDir, images, libraryPath } = assets;
  return JSON.stringify({ version, binDir, cniBinDir, images, libraryPath });
}

async function main(): Promise<number> {
  const ending = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => ending.abort(new Error(name)));
  // whoever reads the progress may stop reading (`| head`); the work goes on
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  try {
    const { group, isJson } = parseArguments(process.argv.slice(2));
    const report = isJson ? process.stderr : process.stdout;
    const assets = await ensureAssets({
      group,
      env: process.env,
      signal: ending.signal,
      report: (event) => report.write(`${renderEvent(event)}\n`),
    });
    process.stdout.write(`${isJson ? assetsAsJson(assets) : whereTheyAre(group, assets)}\n`);
    return 0;
  } catch (thrown) {
    const error = toAppError(thrown, 'get the assets');
    process.stderr.write(`${renderError(error)}\n`);
    return exitCodeOf(error.code);
  }
}

function whereTheyAre(group: Group, { version, binDir, cniBinDir, images }: Assets): string {
  const archives = Object.values(images).map((image) => `image ${image.ref}: ${image.archive}`);
  const nodeLines = planOf(group).images.length === 0 ? [] : [`CNI plugins: ${cniBinDir}`, ...archives];
  return [`version: ${version}`, `programs: ${binDir}`, ...nodeLines].join('\n');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = await main();
