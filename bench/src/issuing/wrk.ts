/** wrk, with requests from a file that are each sent once. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensureBenchAssets } from '@easycerts/kube-assets';

const script = join(import.meta.dirname, '../../issuing/requests.lua');

export interface Load {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /** One body a line. */
  readonly file: string;
  /** Of which this many are left out, and as many taken. */
  readonly first: number;
  readonly count: number;
}

export interface Measured {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Throws unless every answer was a good one and there were requests enough. */
export async function runWrk(load: Load): Promise<Measured> {
  const assets = await ensureBenchAssets(process.env);
  const { url, connections, seconds, file, first, count } = load;
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', script, url, '--', file];
  const { stdout } = await promisify(execFile)(assets.path('wrk'), [...args, String(first), String(count)], {
    env: { ...process.env, LD_LIBRARY_PATH: assets.libraryPath },
  });
  const found = /^RESULT (.*)$/m.exec(stdout)?.[1];
  if (found === undefined) throw new Error(`wrk: ${stdout}`);
  const said = JSON.parse(found) as Record<string, number>;
  const { requests = 0, microseconds = 0, p50 = 0, p99 = 0, status = 0, failed = 0, exhausted = 0 } = said;
  if (status + failed + exhausted > 0) {
    throw new Error(`${url}: ${status} refused, ${failed} without answer, ${exhausted} more requests than there are`);
  }
  return { requests, perSecond: requests / (microseconds / 1e6), p50Ms: p50 / 1_000, p99Ms: p99 / 1_000 };
}
