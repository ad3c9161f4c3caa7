/** Runs a command as a user would type it, and gives back how it ended. */

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { repository } from './place.ts';

export interface CommandOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Text for its standard input; none by default. */
  readonly input?: string;
  /** File for its standard input. */
  readonly inputFile?: string;
  /** Default five minutes; then it is killed. */
  readonly timeoutMs?: number;
}

export interface Ended {
  /** What was typed, for messages. */
  readonly command: string;
  /** 128 and the signal's number when a signal ended it, as shells count. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const longestMs = 5 * 60_000;

/** Runs it to its end. Never rejects for an exit code. */
export async function runCommand(words: readonly string[], options: CommandOptions = {}): Promise<Ended> {
  const child = startCommand(words, options);
  const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? longestMs);
  const output = collect(child);
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);
  return { command: words.join(' '), code: code ?? (signal === null ? 1 : 128), ...output() };
}

/** Runs it to its end and gives back what it printed; rejects with all it said when the exit code is not 0. */
export async function mustRun(words: readonly string[], options: CommandOptions = {}): Promise<string> {
  const ended = await runCommand(words, options);
  if (ended.code === 0) return ended.stdout;
  throw new Error(describe(ended));
}

/** A command that goes on running. */
export function startCommand(words: readonly string[], options: CommandOptions = {}): ChildProcess {
  const [file = '', ...args] = words;
  const child = spawn(file, args, { cwd: options.cwd ?? repository, env: options.env ?? process.env, stdio: 'pipe' });
  child.stdin?.on('error', () => undefined);
  if (options.inputFile !== undefined && child.stdin !== null) createReadStream(options.inputFile).pipe(child.stdin);
  else child.stdin?.end(options.input ?? '');
  return child;
}

/** Collects what a process prints; the function gives what there is so far. */
export function collect(child: ChildProcess): () => { readonly stdout: string; readonly stderr: string } {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return () => ({ stdout, stderr });
}

/** How a command ended, in words. */
export function describe({ command, code, stdout, stderr }: Ended): string {
  return [`${command}: exit code ${code}`, stdout.trim(), stderr.trim()].filter((part) => part !== '').join('\n');
}
