/** What V8 is told for services that wait most of the time: memory instead of speed (docs/adr/0021). Pure. */

import { basename } from 'node:path';
import { type Links, links } from './invocation.ts';

/** They look at a few files now and then. Not the CA and certmgr, which may have much to do at once. */
const patient: readonly (readonly string[])[] = [
  ['agent'],
  ['addon-manager', 'run'],
  ['config-renderer', 'run'],
  ['joiner', 'run'],
];

/** Only flags that V8 looks at whenever it decides something: they may be set while it runs. */
const flags: readonly string[] = [
  // code that runs once a second needs no optimising compilers: 8 MB of their program are not even read
  '--no-turbofan',
  '--no-maglev',
  '--no-sparkplug',
  // collect sooner, give back what is free, and forget code that has not run since
  '--optimize-for-size',
  '--compact-on-every-full-gc',
  '--bytecode-old-age=1',
  // young objects get no more room than at first
  '--semi-space-growth-factor=1',
];

/** The flags for a command line (`[program, link, …words]`), as our units have it: without options before the command. */
export function memoryFlags(argv: readonly string[]): readonly string[] {
  const called = basename(argv[1] ?? '');
  const path = Object.hasOwn(links, called) ? ((links as Links)[called] ?? []) : [];
  const words = [...path, ...argv.slice(2)];
  return patient.some((command) => command.every((word, index) => words[index] === word)) ? flags : [];
}
