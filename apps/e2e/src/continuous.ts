/** Does the same thing again and again while something else happens, and counts how it went. */

export interface Continuous {
  /** Ends it; what was counted. */
  stop(): Promise<{ readonly attempts: number; readonly failures: readonly string[] }>;
}

/** Begins at once; one attempt follows the other. */
export function continuously(attempt: () => Promise<void>): Continuous {
  const failures: string[] = [];
  let attempts = 0;
  let isStopping = false;
  const running = (async () => {
    while (!isStopping) {
      attempts += 1;
      try {
        await attempt();
      } catch (error) {
        failures.push(`${new Date().toISOString()} ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  })();
  return {
    async stop() {
      isStopping = true;
      await running;
      return { attempts, failures };
    },
  };
}
