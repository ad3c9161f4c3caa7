/** `status.json`: for those who watch from outside, such as `easycerts up`. A view; joiner never reads it. */

import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { toAppError } from '@easycerts/core';
import type { Logger } from '@easycerts/runtime';
import type { JoinerStatus } from '../core/joiner-status.ts';

/** A writer that writes only what is new, whole or not at all. */
export function createStatusFile(path: string, logger: Logger): (status: JoinerStatus) => void {
  let written = '';
  return (status) => {
    const { updatedAt: _, ...content } = status;
    const comparable = JSON.stringify(content);
    if (comparable === written) return;
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      writeFileSync(`${path}.tmp`, `${JSON.stringify(status)}\n`, { mode: 0o644 });
      renameSync(`${path}.tmp`, path);
      written = comparable;
    } catch (error) {
      logger.warn({ err: toAppError(error, `write ${path}`) }, 'status not written');
    }
  };
}
