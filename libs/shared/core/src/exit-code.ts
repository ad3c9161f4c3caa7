/** Exit codes of every command: 0 done, 1 failed, 2 the input (flags or configuration) is wrong. */

import type { ErrorCode } from './app-error.ts';

/** The exit code that belongs to an error code. */
export function exitCodeOf(code: ErrorCode): 1 | 2 | 130 {
  switch (code) {
    case 'INVALID_CONFIG':
    case 'INVALID_INPUT':
      return 2;
    case 'CANCELLED':
      return 130;
    default:
      return 1;
  }
}
