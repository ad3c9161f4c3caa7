/** `easycerts config-renderer`: cluster.yaml becomes the files of this host. */

import { readFile } from 'node:fs/promises';
import { contextOf, formatTable, loadClusterConfig, loadUsers, systemClock } from '@easycerts/runtime';
import { Command } from 'commander';
import { createTwoFilesPatch } from 'diff';
import { stringify } from 'yaml';
import { applyPlan, type HostRendererOptions, planHost, type RenderPlan } from '../edge/host-renderer.ts';
import { recordApplied } from '../edge/record-applied.ts';
import { runConfigRenderer } from './run.ts';

/** The command with everything below it. */
export function command(): Command {
  const renderer = new Command('config-renderer').description('turn cluster.yaml into the files of this host');
  renderer
    .command('config')
    .description('print the configuration with all defaults filled in')
    .action(async (_options, self: Command) => {
      const { configFile, isJson } = contextOf(self);
      const config = await loadClusterConfig(configFile);
      print(isJson ? `${JSON.stringify(config, null, 2)}\n` : stringify(config, { lineWidth: 0 }));
    });
  renderer
    .command('render')
    .description('show what `apply` would write, without writing')
    .option('--dry-run', 'the same; here for those who are used to it')
    .option('--diff', 'show the changes as a unified diff')
    .action(async (options: { readonly diff?: boolean }, self: Command) => {
      const plan = await planHost(optionsOf(self));
      const { isJson } = contextOf(self);
      if (isJson) print(`${JSON.stringify(summaryOf(plan), null, 2)}\n`);
      else print(options.diff ? await diffOf(plan) : tableOf(plan));
    });
  renderer
    .command('apply')
    .description('write the files that differ, remove those that are over')
    .action(async (_options, self: Command) => {
      const renderOptions = optionsOf(self);
      const plan = await planHost(renderOptions);
      const outcome = await applyPlan(plan, renderOptions);
      await recordApplied(plan, renderOptions, { revision: undefined, now: systemClock.now() });
      if (contextOf(self).isJson) print(`${JSON.stringify(outcome, null, 2)}\n`);
      else print(applyText(outcome.written, outcome.removed, plan.files.length));
    });
  renderer
    .command('run')
    .description('keep applying: when cluster.yaml changes, and at an interval')
    .action(async (_options, self: Command) => runConfigRenderer(contextOf(self), optionsOf(self)));
  return renderer;
}

function optionsOf(self: Command): HostRendererOptions {
  const { paths, configFile } = contextOf(self);
  return { paths, configFile, users: loadUsers() };
}

function summaryOf(plan: RenderPlan): unknown {
  const changed = new Set(plan.changed);
  return {
    files: plan.files.map((file) => ({
      path: file.path,
      owner: file.owner,
      group: file.group,
      mode: modeText(file.mode),
      changes: changed.has(file),
    })),
    removed: plan.removed,
  };
}

function tableOf(plan: RenderPlan): string {
  const changed = new Set(plan.changed);
  const rows = plan.files.map((file) => [
    changed.has(file) ? 'write' : 'keep',
    modeText(file.mode),
    `${file.owner}:${file.group}`,
    file.path,
  ]);
  const removed = plan.removed.map((path) => ['remove', '', '', path]);
  return formatTable(['ACTION', 'MODE', 'OWNER', 'PATH'], [...rows, ...removed]);
}

async function diffOf(plan: RenderPlan): Promise<string> {
  const patches = plan.changed.map(async ({ path, content }) =>
    createTwoFilesPatch(path, path, await currentContent(path), content, 'on disk', 'rendered'),
  );
  const removals = plan.removed.map(async (path) =>
    createTwoFilesPatch(path, '/dev/null', await currentContent(path), ''),
  );
  return (await Promise.all([...patches, ...removals])).join('');
}

async function currentContent(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

function applyText(written: readonly string[], removed: readonly string[], total: number): string {
  const lines = [...written.map((path) => `wrote    ${path}`), ...removed.map((path) => `removed  ${path}`)];
  return `${[...lines, `${total} files, ${written.length} written, ${removed.length} removed`].join('\n')}\n`;
}

function modeText(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

function print(text: string): void {
  process.stdout.write(text);
}
