/** Runs a program and returns what it said, whatever its exit code. */

import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

export interface CommandResult {
  readonly exitCode: number;
  /** Standard output, then standard error. */
  readonly output: string;
}

/** Rejects only when the program cannot be started. */
export async function runCommand(command: string, args: readonly string[], cwd: string): Promise<CommandResult> {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
  const [exitCode, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { exitCode, output: `${stdout}${stderr}` };
}

/** Lines of a text, empty ones left out. */
export function linesOf(output: string): readonly string[] {
  return output.split('\n').filter((line) => line.trim() !== '');
}
