/** The frame of every executable: options, signals, errors and exit codes. */

import { AppError, exitCodeOf, systemErrorCode } from '@easycerts/core';
import type { Command } from 'commander';
import { CommanderError } from 'commander';
import { addGlobalOptions, setSignal } from './command-context.ts';
import { asAppError, formatError, formatErrorAsJson } from './format-error.ts';
import type { RunningService } from './service.ts';

/**
 * Runs a command line and ends the process: exit code 0, or that of the error's code (2 for wrong input). The first SIGINT,
 * SIGTERM or SIGHUP aborts the signal of the command's context, the second ends the process at once. Errors go to standard
 * error with their cure, as JSON with `--json`.
 */
export async function runMain(command: Command, argv: readonly string[] = process.argv): Promise<never> {
  const isJson = argv.includes('--json');
  const report = (error: unknown): void => writeError(error, isJson);
  addGlobalOptions(command);
  makeErrorsThrow(command);
  setSignal(command, abortOnSignals());
  endQuietlyOnClosedPipe();
  process.on('uncaughtException', (error) => {
    report(error);
    process.exit(1);
  });
  const exitCode = await runToExitCode(command, argv, report);
  await Promise.all([drain(process.stdout), drain(process.stderr)]);
  process.exit(exitCode);
}

/** Waits until the signal is aborted or the service has ended by itself, then closes it. For commands that are daemons. */
export async function runUntilStopped(
  service: RunningService & { readonly ended?: Promise<void> },
  signal: AbortSignal,
): Promise<void> {
  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener('abort', () => resolve(), { once: true });
  // A daemon with nothing but unreferenced timers must not end here.
  const keepAlive = setInterval(() => undefined, 2 ** 30);
  try {
    await Promise.race(service.ended === undefined ? [stopped] : [stopped, service.ended]);
  } finally {
    clearInterval(keepAlive);
    await service.close();
  }
}

/** For daemons. For other commands SIGHUP is the terminal that goes away; a daemon has none, and looks at everything now. */
export function lookOnHangup(look: () => unknown): void {
  process.removeAllListeners('SIGHUP');
  process.on('SIGHUP', () => void look());
}

async function runToExitCode(
  command: Command,
  argv: readonly string[],
  report: (error: unknown) => void,
): Promise<number> {
  try {
    await command.parseAsync([...argv]);
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return isHelpAskedFor(error) ? 0 : 2;
    report(error);
    return exitCodeOf(asAppError(error).code);
  }
}

/** Makes commander throw what is wrong with a command line, as AppError with a cure, instead of ending the process. */
function makeErrorsThrow(command: Command): void {
  command.configureOutput({ outputError: () => undefined });
  command.exitOverride((error) => {
    throw isHelp(error) ? error : usageError(error, command);
  });
  for (const child of command.commands) makeErrorsThrow(child);
}

function usageError(error: CommanderError, command: Command): AppError {
  const [first = '', ...others] = error.message.split('\n');
  const suggestion = /\(Did you mean (.*)\?\)/.exec(others.join('\n'))?.[1];
  const help = `see \`${fullNameOf(command)} --help\``;
  return new AppError('INVALID_INPUT', first.replace(/^error: /, ''), {
    cause: error,
    details: { cure: suggestion === undefined ? help : `did you mean ${suggestion}? ${help}` },
  });
}

function isHelp(error: CommanderError): boolean {
  return error.code === 'commander.help' || isHelpAskedFor(error);
}

function isHelpAskedFor(error: CommanderError): boolean {
  return error.code === 'commander.helpDisplayed' || error.code === 'commander.version';
}

function fullNameOf(command: Command): string {
  return command.parent === null ? command.name() : `${fullNameOf(command.parent)} ${command.name()}`;
}

function writeError(error: unknown, isJson: boolean): void {
  process.stderr.write(isJson ? formatErrorAsJson(error) : formatError(error));
  const isDebugging = process.argv.includes('debug') || process.env.EASYCERTS_LOG_LEVEL === 'debug';
  if (isDebugging && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
}

function abortOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(130);
      controller.abort(new AppError('CANCELLED', `stopped by ${name}`));
    });
  }
  return controller.signal;
}

/** `easycerts ca list | head -1` must not end in a stack trace. */
function endQuietlyOnClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      process.exit(systemErrorCode(error) === 'EPIPE' ? 0 : 1);
    });
  }
}

function drain(stream: NodeJS.WriteStream): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  stream.write('', () => resolve());
  return promise;
}
