/** A program for cli.int.test.ts: one command a behaviour. */

import { AppError } from '@easycerts/core';
import { Command } from 'commander';
import { runMain, runUntilStopped } from '../src/cli.ts';
import { contextOf } from '../src/command-context.ts';

const program = new Command('sample').description('a program').version('1.2.3');
program
  .command('paths')
  .description('show paths')
  .action((_, command: Command) => {
    const { paths, configFile, isJson, logLevel } = contextOf(command);
    process.stdout.write(`${JSON.stringify({ root: paths.root, configFile, isJson, logLevel })}\n`);
  });
program
  .command('fail')
  .argument('<code>')
  .action((code) => {
    throw new AppError(code, 'open /x: no', {
      details: {
        cure: 'try this',
        problems: [
          { path: 'a.b', message: 'wrong' },
          { path: '', message: 'also' },
        ],
      },
    });
  });
program.command('defect').action(() => {
  throw new TypeError('oops');
});
program.command('reject-later').action(async () => {
  setTimeout(() => Promise.reject(new Error('late')), 1);
  await new Promise((resolve) => setTimeout(resolve, 5_000));
});
program.command('print-much').action(() => {
  for (let line = 0; line < 100_000; line += 1) process.stdout.write(`line ${line}\n`);
});
program
  .command('serve')
  .option('--hang')
  .option('--end')
  .action(async ({ hang, end }, command: Command) => {
    process.stdout.write('serving\n');
    const close = async (): Promise<void> => {
      process.stdout.write('closing\n');
      if (hang === true) await new Promise((resolve) => setTimeout(resolve, 60_000));
      process.stdout.write('closed\n');
    };
    await runUntilStopped(end === true ? { close, ended: Promise.resolve() } : { close }, contextOf(command).signal);
  });
program.command('wait').action(async (_, command: Command) => {
  process.stdout.write('waiting\n');
  const { signal } = contextOf(command);
  const { promise, reject } = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => reject(signal.reason));
  setTimeout(() => undefined, 60_000);
  await promise;
});
program
  .command('group')
  .description('a group')
  .command('inner')
  .option('--depth <n>')
  .action((_, command: Command) => {
    process.stdout.write(`${contextOf(command).paths.root}\n`);
  });

await runMain(program);
