/** What a command that does its work once shares with the daemon: a logger and the bus. */

import type { ClusterConfig } from '@easycerts/cluster';
import { type CommandContext, runDaemon, type ServiceContext } from '@easycerts/runtime';

/** Runs `work` with a logger and a connection to the bus, and ends both when it is done. */
export async function withServiceContext<T>(
  context: CommandContext,
  config: ClusterConfig,
  work: (service: ServiceContext) => Promise<T>,
): Promise<T> {
  const done = Promise.withResolvers<T>();
  // Progress is printed; the log would say the same again
  const quiet: CommandContext = { ...context, logLevel: context.logLevel === 'info' ? 'silent' : context.logLevel };
  await runDaemon(quiet, { service: 'certmgr', config }, async (service) => {
    const working = work(service);
    working.then(done.resolve, done.reject);
    const ended = working.then(
      () => undefined,
      () => undefined,
    );
    return { ended, close: () => ended };
  });
  return done.promise;
}
