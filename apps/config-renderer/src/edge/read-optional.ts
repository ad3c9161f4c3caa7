/** The text of a file that may be absent. */

import { readFile } from 'node:fs/promises';
import { systemErrorCode, toAppError } from '@easycerts/core';

export async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw toAppError(error, `read ${path}`);
  }
}
