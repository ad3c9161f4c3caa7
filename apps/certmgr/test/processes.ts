/** Programs of ours as processes, for tests: started, followed by what they log, ended with the test. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';

export interface Program {
  readonly child: ChildProcess;
  readonly output: () => string;
  /** Exit code, once it has ended. */
  readonly ended: Promise<number | null>;
}

export interface ProgramOptions {
  readonly args: readonly string[];
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Options of Node.js. */
  readonly execArgv?: readonly string[];
}

/** Lets a program take itself for one without root: then it wants no users that a package would have made. */
export const asIfWithoutRoot = ['--import', 'data:text/javascript,process.geteuid=()=>65534'] as const;

/** Starts `apps/<app>/src/main.ts`; what it reads from standard input is `input`. */
export function startProgram(
  test: Pick<TestContext, 'after'>,
  app: string,
  { args, input = '', env = {}, execArgv = [] }: ProgramOptions,
): Program {
  const main = new URL(`../../${app}/src/main.ts`, import.meta.url).pathname;
  const child = spawn(process.execPath, [...execArgv, main, ...args], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const ended = once(child, 'close').then(([code]) => code as number | null);
  test.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { child, output: () => output, ended };
}

/** Resolves when the condition holds; gives up after 30 seconds with what `describe` says. */
export async function until(condition: () => boolean | Promise<boolean>, describe: () => string): Promise<void> {
  const giveUpAt = performance.now() + 30_000;
  while (!(await condition())) {
    if (performance.now() > giveUpAt) throw new Error(`it did not happen within 30 seconds: ${describe()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
