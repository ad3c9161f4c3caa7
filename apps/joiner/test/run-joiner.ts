/** joiner as a process of its own, to be killed by tests: `run-joiner.ts <root>`. */

import { join } from 'node:path';
import { pathsUnder } from '@easycerts/cluster';
import { createLogger, createProcessServiceManager, loadUsers, nullPublisher, systemClock } from '@easycerts/runtime';
import { startJoiner } from '../src/start-joiner.ts';

const paths = pathsUnder(process.argv[2] ?? '');
const users = loadUsers();
const manager = createProcessServiceManager({
  stateDirectory: join(paths.joinerState, 'units'),
  logDirectory: paths.logs,
  users,
});
const logger = createLogger({ service: 'joiner', level: 'error' });
await startJoiner(
  { clock: systemClock, logger, random: Math.random, events: nullPublisher },
  { paths, host: 'n1', users, manager },
);
process.stdout.write('running\n');
