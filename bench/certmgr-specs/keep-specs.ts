/**
 * certmgr on a host that `make-specs.ts` made, measured from inside: `keep-specs.ts <root> <passes>` prints JSON. Nothing is due,
 * so the CA is only asked for its trust bundles.
 */

import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { pathsUnder } from '@easycerts/cluster';
import { AppError } from '@easycerts/core';
import { createLogger, nullPublisher, systemClock } from '@easycerts/runtime';
import { startCertmgr } from '../../apps/certmgr/src/start-certmgr.ts';
import type { KeptSpecs } from './kept-specs.ts';

const [root = '', passes = '5'] = process.argv.slice(2);
const paths = pathsUnder(root);
const pem = readFileSync(`${paths.certmgrState}/bundles/kubernetes.pem`, 'utf8');
const ca = {
  sign: () => Promise.reject(new AppError('INTERNAL', 'nothing is due')),
  getTrustBundle: () => Promise.resolve({ bundles: [{ authority: 'kubernetes', pem }] }),
  close: () => undefined,
};
const idleForMs = 5_000;
const mebibyte = 2 ** 20;

function secondsSince(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
}

async function cpuSecondsOf(work: () => Promise<unknown>): Promise<number> {
  const since = process.cpuUsage();
  await work();
  return secondsSince(since);
}

const logger = createLogger({ service: 'certmgr', level: 'warn' });
const context = { clock: systemClock, logger, events: nullPublisher, random: Math.random };
const options = { host: 'n1', paths, users: { idsOf: () => undefined }, connect: () => ca };
const before = process.cpuUsage();
const certmgr = await startCertmgr(context, options);
await certmgr.lookNow();
const firstTwoS = secondsSince(before);
const laterS: number[] = [];
for (let pass = 0; pass < Number(passes); pass += 1) laterS.push(await cpuSecondsOf(() => certmgr.lookNow()));
const idleS = await cpuSecondsOf(() => setTimeout(idleForMs));
const kept: KeptSpecs = {
  firstTwoS,
  laterS,
  idleS,
  idleForS: idleForMs / 1_000,
  rssMiB: process.memoryUsage.rss() / mebibyte,
  peakMiB: (process.resourceUsage().maxRSS * 1_024) / mebibyte,
  timers: process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length,
};
process.stdout.write(`${JSON.stringify(kept)}\n`);
await certmgr.close();
