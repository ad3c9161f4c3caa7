/** What V8 is told for services that wait most of the time: memory instead of speed (docs/adr/0021). Pure. */

import { commandWords, isCommand } from './command-words.ts';

/** They look at a few files now and then. Not the CA, which may have much to do at once. */
const patient: readonly (readonly string[])[] = [
  ['agent'],
  ['addon-manager', 'run'],
  ['config-renderer', 'run'],
  ['joiner', 'run'],
];

/** By itself it may have ten thousand certificates: much to look at, and to keep in mind. */
const thrifty: readonly (readonly string[])[] = [['certmgr', 'run']];

// Only flags that V8 looks at whenever it decides something: they may be set while it runs

/** Collect sooner. */
const collecting: readonly string[] = [
  '--optimize-for-size',
  // young objects get no more room than at first
  '--semi-space-growth-factor=1',
];

const memoryFirst: readonly string[] = [
  // code that runs once a second needs no optimising compilers: 8 MB of their program are not even read
  '--no-turbofan',
  '--no-maglev',
  '--no-sparkplug',
  // collect sooner and forget code that has not run since. Not --compact-on-every-full-gc: for the moment in which most of the
  // heap is there twice it costs 8 MB, and V8 compacts by itself when there is nothing to do
  ...collecting,
  '--bytecode-old-age=1',
];

/** The flags for a command line (`[program, link, …words]`). */
export function memoryFlags(argv: readonly string[]): readonly string[] {
  const words = commandWords(argv);
  if (patient.some((command) => isCommand(words, command))) return memoryFirst;
  return thrifty.some((command) => isCommand(words, command)) ? collecting : [];
}
