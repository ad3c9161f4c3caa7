/** The time that everything in the package has: https://reproducible-builds.org/specs/source-date-epoch/ */

import { AppError } from '@easycerts/core';
import { repository } from './package-texts.ts';
import { runCommand } from './run-command.ts';

/** SOURCE_DATE_EPOCH where it is set, else the time of the last commit. Seconds since 1970. */
export async function sourceDateS(
  env: Readonly<Record<string, string | undefined>>,
  signal?: AbortSignal,
): Promise<number> {
  const given = env.SOURCE_DATE_EPOCH;
  if (given !== undefined && given !== '') return parseEpoch(given);
  const cure = 'install git, or set SOURCE_DATE_EPOCH to the seconds since 1970';
  return parseEpoch(await runCommand('git', ['log', '-1', '--format=%ct'], { env, signal, cwd: repository, cure }));
}

/** Understands the text. Throws INVALID_INPUT. */
export function parseEpoch(text: string): number {
  const trimmed = text.trim();
  if (/^\d{1,11}$/.test(trimmed)) return Number(trimmed);
  throw new AppError('INVALID_INPUT', 'SOURCE_DATE_EPOCH: not a number of seconds', {
    details: { cure: 'set it to the seconds since 1970, or unset it' },
  });
}
