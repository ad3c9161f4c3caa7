/** Does the same thing again and again while something else happens, and counts how it went. */

export interface Attempts {
  readonly attempts: number;
  /** When and how each failed one failed. */
  readonly failures: readonly string[];
}

/** Attempts one after the other for as long as `work` takes. Rejects when `work` does; an attempt that fails is counted. */
export async function during(work: () => Promise<void>, attempt: () => Promise<unknown>): Promise<Attempts> {
  const failures: string[] = [];
  let attempts = 0;
  let isStopping = false;
  const attempting = (async () => {
    while (!isStopping) {
      attempts += 1;
      try {
        await attempt();
      } catch (error) {
        failures.push(`${new Date().toISOString()} ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  })();
  try {
    await work();
  } finally {
    isStopping = true;
    await attempting;
  }
  return { attempts, failures };
}
