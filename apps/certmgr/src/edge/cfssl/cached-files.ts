/** Small files that many specs name, such as a key or a CA: read once, and again when they change. */

import { readFileSync, statSync } from 'node:fs';
import { AppError, toAppError } from '@easycerts/core';

/** No key and no bundle of CAs is larger. */
const longestBytes = 1024 * 1024;

export class CachedFiles {
  readonly #files = new Map<string, { readonly version: string; readonly text: string }>();

  /** Text of a file. AppError NOT_FOUND, PERMISSION_DENIED, DAMAGED when it is too large. */
  read(path: string): string {
    try {
      const { ino, size, mtimeMs, ctimeMs, dev } = statSync(path);
      if (size > longestBytes) throw new AppError('DAMAGED', `read ${path}: larger than ${longestBytes} bytes`);
      const version = `${dev}:${ino}:${size}:${mtimeMs}:${ctimeMs}`;
      const known = this.#files.get(path);
      if (known?.version === version) return known.text;
      const text = readFileSync(path, 'utf8');
      this.#files.set(path, { version, text });
      return text;
    } catch (error) {
      throw toAppError(error, `read ${path}`);
    }
  }
}
