/** Names of units: they become parts of paths and of command lines. */

import { AppError } from '@easycerts/core';

/** AppError INVALID_INPUT when the name could be anything but the name of a unit. */
export function checkUnitName(unit: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9@._-]*$/.test(unit)) return;
  throw new AppError('INVALID_INPUT', `unit name ${JSON.stringify(unit)} is not made of letters, digits and @._-`);
}
