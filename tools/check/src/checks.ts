/** Every check of `npm run check`. */

import type { CheckDefinition } from './check-definition.ts';
import { boundaries, generated, interfaces } from './checks/architecture.ts';
import { noLeaks } from './checks/leaks.ts';
import { licences } from './checks/licences.ts';
import { links } from './checks/links.ts';
import { lockFile } from './checks/lock-file.ts';
import { formatAndLint, types } from './checks/programs.ts';
import { sourceShape } from './checks/source-shape.ts';

export const checks: readonly CheckDefinition[] = [
  types,
  formatAndLint,
  boundaries,
  generated,
  interfaces,
  lockFile,
  licences,
  noLeaks,
  links,
  sourceShape,
];
