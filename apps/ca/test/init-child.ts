/** Runs `ca init` in a process of its own, which ends itself by SIGKILL at the step that is named: `init-child.ts <root> <step>`. */

import { pathsUnder } from '@easycerts/cluster';
import { loadUsers, systemClock } from '@easycerts/runtime';
import { initializeCa } from '../src/edge/initialize/initialize.ts';
import { config, master } from './fixture.ts';

const [root = '', deadlyStep = ''] = process.argv.slice(2);

await initializeCa({
  config,
  host: master,
  paths: pathsUnder(root),
  users: loadUsers({ isRoot: false }),
  now: systemClock.now(),
  onStep: (step) => {
    process.stdout.write(`${step}\n`);
    if (step === deadlyStep) process.kill(process.pid, 'SIGKILL');
  },
});
