/** Ends synchronous work that does not end by itself. */

import { Script } from 'node:vm';

const script = new Script('globalThis[Symbol.for("easycerts.fuzz.work")]()');
const place = Symbol.for('easycerts.fuzz.work');

/** Whether the work ended in time; endless loops and patterns that backtrack for ever are broken off. */
export function endsWithin(timeoutMs: number, work: () => void): boolean {
  const globals = globalThis as { [place]?: () => void };
  globals[place] = work;
  try {
    script.runInThisContext({ timeout: timeoutMs });
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return false;
    throw error;
  } finally {
    delete globals[place];
  }
}
