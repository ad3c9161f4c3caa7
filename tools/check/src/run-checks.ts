/** Runs checks side by side and tells of each when it is done; all problems at the end, at once. */

import { availableParallelism } from 'node:os';
import type { CheckDefinition, CheckInput } from './check-definition.ts';

interface Outcome {
  readonly check: CheckDefinition;
  readonly problems: readonly string[];
}

/** Resolves with whether there was no problem. `write` gets whole lines; `now` is a clock in milliseconds. */
export async function runChecks(
  checks: readonly CheckDefinition[],
  input: CheckInput,
  tell: { readonly write: (line: string) => void; readonly now: () => number },
): Promise<boolean> {
  const outcomes: Outcome[] = [];
  const waiting = [...checks];
  const work = async (): Promise<void> => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      const startedMs = tell.now();
      const problems = await problemsOf(check, input);
      const seconds = ((tell.now() - startedMs) / 1000).toFixed(1);
      const words =
        problems.length === 0 ? 'ok' : `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`;
      tell.write(`${problems.length === 0 ? '✔' : '✖'} ${check.name}: ${words} (${seconds}s)`);
      outcomes.push({ check, problems });
    }
  };
  await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, work));
  // In the order of the list, not in that in which they ended.
  const failed = checks.flatMap((check) => outcomes.filter((one) => one.check === check && one.problems.length > 0));
  for (const { check, problems } of failed) {
    tell.write(`\n${check.name}\n${problems.map((problem) => `  ${problem}`).join('\n')}\n  cure: ${check.cure}`);
  }
  const total = failed.reduce((sum, { problems }) => sum + problems.length, 0);
  tell.write(
    `\n${checks.length - failed.length} checks passed, ${failed.length} failed${total === 0 ? '' : ` (${total} problems)`}`,
  );
  return failed.length === 0;
}

/** A check that breaks is a problem too: silence must mean that it looked. */
async function problemsOf(check: CheckDefinition, input: CheckInput): Promise<readonly string[]> {
  try {
    return await check.run(input);
  } catch (error) {
    return [`the check itself failed: ${error instanceof Error ? error.message : String(error)}`];
  }
}
