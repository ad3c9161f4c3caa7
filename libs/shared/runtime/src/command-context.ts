/** The options that every command takes, and what follows from them. */

import { resolve } from 'node:path';
import type { Paths } from '@easycerts/cluster';
import { pathsUnder } from '@easycerts/cluster';
import { AppError } from '@easycerts/core';
import type { Command } from 'commander';
import { Option } from 'commander';
import type { LogLevel } from './logger.ts';
import { logLevels } from './logger.ts';

/** What a command's action needs from around it. */
export interface CommandContext {
  readonly paths: Paths;
  /** Path of cluster.yaml. */
  readonly configFile: string;
  readonly isJson: boolean;
  readonly logLevel: LogLevel;
  /** Aborted by SIGINT, SIGTERM or SIGHUP; its reason is an AppError CANCELLED. */
  readonly signal: AbortSignal;
}

const signalOfRoot = new WeakMap<Command, AbortSignal>();

/**
 * Adds `--root`, `--config`, `--json` and `--log-level` to a command and everything below it, so that they may stand
 * anywhere on the command line. Options that are there already stay.
 */
export function addGlobalOptions(command: Command): Command {
  for (const option of globalOptions()) {
    if (!command.options.some(({ long }) => long === option.long)) command.addOption(option);
  }
  for (const child of command.commands) addGlobalOptions(child);
  return command;
}

/** The context of a command that runs (commander gives it to the action as the last argument). */
export function contextOf(command: Command): CommandContext {
  const root = rootDirectoryOf(globalOption(command, 'root') ?? '');
  const paths = pathsUnder(root);
  const config = globalOption(command, 'config');
  const signal = signalOfRoot.get(rootOf(command));
  return {
    paths,
    configFile: config === undefined ? paths.clusterFile : resolve(config),
    isJson: globalOption(command, 'json') !== undefined,
    logLevel: logLevelOf(globalOption(command, 'logLevel') ?? 'info'),
    signal: signal ?? new AbortController().signal,
  };
}

/** For {@link runMain}: the signal that {@link contextOf} gives to all commands below `root`. */
export function setSignal(root: Command, signal: AbortSignal): void {
  signalOfRoot.set(root, signal);
}

function globalOptions(): readonly Option[] {
  const group = 'Options of every command:';
  return [
    new Option('--root <dir>', 'work below this folder instead of /').env('EASYCERTS_ROOT'),
    new Option('--config <file>', 'cluster configuration (default: <root>/etc/easycerts/cluster.yaml)').env(
      'EASYCERTS_CONFIG',
    ),
    new Option('--json', 'print results and errors as JSON'),
    new Option('--log-level <level>', 'what to log (default: info)').choices(logLevels).env('EASYCERTS_LOG_LEVEL'),
  ].map((option) => option.helpGroup(group));
}

/** The value given nearest to the command on the command line, or else in the environment. */
function globalOption(command: Command, name: string): string | undefined {
  const chain: Command[] = [];
  for (let at: Command | null = command; at !== null; at = at.parent) chain.push(at);
  for (const source of ['cli', 'env']) {
    const holder = chain.find((candidate) => candidate.getOptionValueSource(name) === source);
    if (holder !== undefined) return String(holder.getOptionValue(name));
  }
  return undefined;
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}

function rootDirectoryOf(given: string): string {
  if (given === '') return '';
  if (given.includes('\0')) throw new AppError('INVALID_INPUT', '--root: not a path');
  const directory = resolve(given);
  return directory === '/' ? '' : directory;
}

function logLevelOf(text: string): LogLevel {
  return logLevels.find((level) => level === text) ?? 'info';
}
