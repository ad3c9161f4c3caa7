/** `certmgr status`: the same for people, with what the daemon says. */

import { formatDuration } from '@easycerts/core';
import { contextOf, formatTable } from '@easycerts/runtime';
import { Command } from 'commander';
import type { CertificatePlan } from '../core/plan.ts';
import { planRecord, statusHeaders, statusRow } from '../core/plan-rows.ts';
import { specError } from '../edge/spec-files.ts';
import { type DaemonStatus, StatusFile } from '../edge/status-file.ts';
import { assertSeen, readHostPlans } from './host-plans.ts';
import { readSpecPlans, specCure } from './specs/spec-commands.ts';
import { addSpecOptions, certmgrConfigOf } from './specs/spec-options.ts';

export function statusCommand(): Command {
  return addSpecOptions(new Command('status'))
    .description('show every certificate, when it expires and what is wrong with it')
    .action(async (_options, self: Command) => {
      const context = contextOf(self);
      const config = certmgrConfigOf(self);
      const specs = config && (await readSpecPlans(context, config));
      const { plans, problems } = specs ?? (await readHostPlans(context));
      const daemon = new StatusFile(specs === undefined ? context.paths : { certmgrState: specs.folder }).read();
      const isRunning = daemon !== undefined && isAlive(daemon.pid);
      if (context.isJson) {
        const record = { certificates: plans.map(planRecord), problems, daemon: { running: isRunning, ...daemon } };
        process.stdout.write(`${JSON.stringify(record, null, 2)}\n`);
      } else {
        const failureOf = new Map(daemon?.failures.map((failure) => [failure.name, describeFailure(failure)]));
        const nowMs = Date.now();
        const rows = plans.map((plan) => statusRow(plan, nowMs, isRunning ? failureOf.get(plan.name) : undefined));
        process.stdout.write(formatTable(statusHeaders, rows));
        process.stdout.write(`\n${isRunning ? describeDaemon(daemon, nowMs) : absence(plans)}`);
        if (isRunning && failureOf.has('')) process.stdout.write(`CA: ${failureOf.get('')}\n`);
      }
      if (problems.length > 0) throw specError(problems, specs && specCure);
      assertSeen(plans);
    });
}

/** Whoever may not look at the certificates does not see the state of the daemon either. */
function absence(plans: readonly CertificatePlan[]): string {
  return plans.some(({ state }) => state === 'error') ? 'certmgr run: not known\n' : 'certmgr run: not running\n';
}

function describeDaemon({ pid, startedAt, counters }: DaemonStatus, nowMs: number): string {
  const counts = Object.entries(counters).map(([name, count]) => `${count} ${name}`);
  return `certmgr run: process ${pid}, up ${formatDuration(nowMs - Date.parse(startedAt))}: ${counts.join(', ')}\n`;
}

function describeFailure({ code, message, attempts }: DaemonStatus['failures'][number]): string {
  return `${code} ${message} (tried ${attempts === 1 ? 'once' : `${attempts} times`}, goes on)`;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // There, but not ours
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
