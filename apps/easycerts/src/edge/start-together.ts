/** Several services as one: they live and end together. */

import type { RunningService } from '@easycerts/runtime';

/** Starts all of them at once. When one cannot start, those that have are closed, and its error is thrown. */
export async function startTogether(starts: readonly (() => Promise<RunningService>)[]): Promise<RunningService> {
  const outcomes = await Promise.allSettled(starts.map((start) => start()));
  const running = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const close = async (): Promise<void> => void (await Promise.all(running.map((service) => service.close())));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed === undefined) return { close };
  await close();
  throw failed.reason;
}
