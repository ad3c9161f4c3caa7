/** The answer of every endpoint: api/api.go of cfssl. */

import type { CfsslError } from './cfssl-error.ts';

export interface CfsslMessage {
  readonly code: number;
  readonly message: string;
}

/** `{success, result, errors, messages}`, with the line feed that Go's encoder writes. */
export function successBody(result: unknown, messages: readonly CfsslMessage[] = []): string {
  return `${JSON.stringify({ success: true, result, errors: [], messages })}\n`;
}

export function errorBody({ code, message }: CfsslError): string {
  return `${JSON.stringify({ success: false, result: null, errors: [{ code, message }], messages: [] })}\n`;
}
