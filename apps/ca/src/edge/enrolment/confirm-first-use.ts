/** From the first call with its identity on, a host has it: repeating the enrolment gives it to nobody any more. */

import type { CallContext } from '@easycerts/runtime';
import type { CallEnvironment, Stores } from '../call-environment.ts';

type AnyHandlers = Readonly<Record<string, (request: never, context: CallContext) => Promise<unknown>>>;

/** The handlers, each of which first notes that its caller has used the identity it enrolled for. */
export function confirmingFirstUse<H extends { readonly [Method in keyof H]: AnyHandlers[string] }>(
  environment: Pick<CallEnvironment, 'stores' | 'logger'>,
  handlers: H,
): H {
  const wrapped = Object.entries<AnyHandlers[string]>(handlers).map(([method, handler]) => [
    method,
    async (request: never, context: CallContext) => {
      await confirm(environment, context);
      return handler(request, context);
    },
  ]);
  return Object.fromEntries(wrapped) as H;
}

async function confirm(
  { stores, logger }: Pick<CallEnvironment, 'stores' | 'logger'>,
  { caller }: CallContext,
): Promise<void> {
  const register = stores()?.register;
  const enrolment = register?.find(caller.host)?.enrolment;
  if (register === undefined || enrolment === undefined) return;
  if (enrolment.isConfirmed || enrolment.serial !== caller.serial) return;
  try {
    await confirmIn(register, caller);
  } catch (err) {
    // The next call tries again; until then a repetition gives a certificate that is worth nothing without its key.
    logger.warn({ err, host: caller.host }, 'the first use of a host identity could not be noted');
  }
}

function confirmIn(register: Stores['register'], { host, serial }: CallContext['caller']): Promise<void> {
  return register.change(host, (found) => {
    if (found?.enrolment === undefined || found.enrolment.serial !== serial || found.enrolment.isConfirmed) {
      return { result: undefined };
    }
    return { host: { ...found, enrolment: { ...found.enrolment, isConfirmed: true } }, result: undefined };
  });
}
