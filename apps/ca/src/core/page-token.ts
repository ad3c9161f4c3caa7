/** Page sizes and page tokens of lists. */

import { AppError } from '@easycerts/core';

const defaultPageSize = 100;
const maxPageSize = 1_000;

/** 100 for zero, 1000 at most. AppError INVALID_INPUT for a negative one. */
export function pageSizeOf(asked: number): number {
  if (asked < 0) throw new AppError('INVALID_INPUT', `page size ${asked} is negative`);
  return asked === 0 ? defaultPageSize : Math.min(asked, maxPageSize);
}

/** The token of the page that begins at a position of the index. */
export function pageTokenOf(position: number): string {
  return Buffer.from(`at:${position}`).toString('base64url');
}

/** The position of a token. AppError INVALID_INPUT for what is no token of ours. */
export function positionOf(token: string): number {
  const position = Number(/^at:(\d{1,15})$/.exec(Buffer.from(token.slice(0, 64), 'base64url').toString('latin1'))?.[1]);
  if (Number.isSafeInteger(position)) return position;
  throw new AppError('INVALID_INPUT', 'the page token is not one of ours', {
    details: { cure: 'begin again with the first page' },
  });
}
