/** A step of a suite: a node:test suite whose failures show the last lines of the logs. */

import type { TestContext } from 'node:test';
import { afterEach, describe } from 'node:test';

/** What a step is about: a cluster, or hosts. */
export interface Logged {
  /** The last lines of its logs, for a test that failed. */
  logTails(): string | Promise<string>;
}

/** Defines the tests of a step; they run one after another. */
export function step(title: string, logged: Logged, define: () => void): void {
  describe(title, { concurrency: 1 }, () => {
    let hasShown = false;
    afterEach(async (context) => {
      if ((context as TestContext).passed || hasShown) return;
      hasShown = true;
      process.stdout.write(await logged.logTails());
    });
    define();
  });
}
