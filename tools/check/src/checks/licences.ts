/** What we depend on has a reason, and all that is installed a licence that goes with this project's (Apache-2.0). */

import { dependencyProblems } from '@easycerts/gen-docs';
import type { CheckDefinition, CheckInput } from '../check-definition.ts';

/** Permissive licences, by their SPDX names. */
const allowed: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'PSF-2.0',
  'Python-2.0',
  'Unlicense',
]);

export const licences: CheckDefinition = {
  name: 'reasons and licences of dependencies',
  cure: 'say why in an ADR and in tools/gen-docs/src/dependency-texts.ts; weigh another licence before you allow it here',
  run: (input) => [...reasonProblems(input), ...licenceProblems(input)],
};

/** Pure: reads the lock file. Entries for other systems, which are never downloaded, have none. */
export function licenceProblems({ tree }: Pick<CheckInput, 'tree'>): readonly string[] {
  const text = tree.find(({ path }) => path === 'package-lock.json')?.text ?? '{}';
  const { packages = {} } = JSON.parse(text) as { readonly packages?: Readonly<Record<string, Entry>> };
  return Object.entries(packages)
    .filter(([path, { link, integrity }]) => path.includes('node_modules/') && link !== true && integrity !== undefined)
    .filter(([, { license }]) => !isAllowed(license ?? ''))
    .map(([path, { license }]) => `${path.replace(/^.*node_modules\//, '')}: ${license ?? 'no licence'}`);
}

function reasonProblems({ tree }: Pick<CheckInput, 'tree'>): readonly string[] {
  return dependencyProblems(
    JSON.parse(tree.find(({ path }) => path === 'package-lock.json')?.text ?? '{"packages": {}}'),
  );
}

interface Entry {
  readonly license?: string;
  readonly link?: boolean;
  readonly integrity?: string;
}

/** One of several by choice, or all of several together; nothing in the lock file is more complicated. */
function isAllowed(expression: string): boolean {
  const words = expression.replaceAll(/[()]/g, '').trim();
  if (words.includes(' AND ')) return words.split(' AND ').every(isAllowed);
  return words.split(' OR ').some((name) => allowed.has(name.trim()));
}
