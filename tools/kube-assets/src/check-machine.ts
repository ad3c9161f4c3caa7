/** What only a person can mend, told before any long work. */

import { join } from 'node:path';
import { handInstallProblem, hasApt } from './apt.ts';
import { checkGo } from './go-toolchain.ts';
import type { Plan } from './groups.ts';
import { requiredGo } from './pins.ts';
import { missingTools, type Step, type StepContext } from './steps.ts';
import { packagesOf } from './system-tools.ts';

/** Throws FAILED_PRECONDITION when the missing things cannot be got: no Go, no apt-get, no rights to install. */
export async function checkMachine(facts: {
  readonly missing: readonly Step[];
  readonly plan: Plan;
  readonly isRoot: boolean;
  readonly context: StepContext;
}): Promise<void> {
  const { missing, plan, isRoot, context } = facts;
  const problem = handInstallProblem({
    hasApt: await hasApt(context.env),
    isRoot,
    toolPackages: packagesOf(await missingTools(plan.tools, context)),
    unpackedPackages: missing.filter((step) => step.kind === 'package').map((step) => step.name),
  });
  if (problem !== undefined) throw problem;
  if (!missing.some((step) => step.kind === 'go')) return;
  await checkGo(join(context.goFolder, 'kubernetes'), requiredGo(context.files), context.env);
}
