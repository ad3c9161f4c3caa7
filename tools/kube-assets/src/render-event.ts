/** Events and errors in words, for people. Pure. */

import { type AppError, formatDuration } from '@easycerts/core';
import type { AssetEvent } from './assets.ts';

/** `[ 4/14] kube-apiserver 1.36.3: built in 4m 16s`. Without the line end. */
export function renderEvent(event: AssetEvent): string {
  const total = String(event.total);
  const count = `[${String(event.index).padStart(total.length)}/${total}]`;
  return `${count} ${event.name}: ${whatHappened(event)}`;
}

/** What failed, the last words of the program that failed, and what to do; several lines without the last line end. */
export function renderError(error: AppError): string {
  const { cure, output } = error.details;
  const isTold = typeof output !== 'string' || error.message.endsWith(output);
  return [`error: ${error.message}`, ...(isTold ? [] : [output]), ...(cure ? [`cure: ${cure}`] : [])].join('\n');
}

function whatHappened({ kind, detail, elapsedMs }: AssetEvent): string {
  const time = elapsedMs === undefined ? '' : ` in ${formatDuration(elapsedMs)}`;
  switch (kind) {
    case 'start':
      return detail ?? 'started';
    case 'done':
      return `done${time}`;
    case 'cached':
      return detail === undefined ? 'there already' : `there already (${detail})`;
    case 'failed':
      return `failed: ${detail ?? 'no reason given'}`;
    default:
      return kind satisfies never;
  }
}
