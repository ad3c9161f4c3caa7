/** `ca cfssl-key rotate`: a new key; the one before is accepted for the overlap. */

import { CfsslKeysService } from '@easycerts/contracts';
import { AppError, parseDurationMs, secondMs } from '@easycerts/core';
import type { CommandContext } from '@easycerts/runtime';
import { withService } from '../connect.ts';
import { type KeyOptions, madeText } from './key-options.ts';

export interface RotateOptions extends KeyOptions {
  /** As in `24h`. */
  readonly overlap: string;
}

/** Replaces a key. AppError INVALID_INPUT for an overlap that is no duration. */
export async function rotate(context: CommandContext, options: RotateOptions): Promise<void> {
  const { host, profile, overlap } = options;
  const overlapMs = parseDurationMs(overlap);
  if (overlapMs === undefined) {
    const details = { cure: 'write it as --overlap 24h, or --overlap 0s' };
    throw new AppError('INVALID_INPUT', `--overlap ${overlap}: not a duration`, { details });
  }
  const request = { host, profile, overlapS: Math.floor(overlapMs / secondMs) };
  const made = await withService(CfsslKeysService, { context, options }, (client) =>
    client.rotateCfsslKey(request, { signal: context.signal }),
  );
  process.stdout.write(madeText(made, context.isJson));
}
