/** A package is entered through its door: what its `exports` lists. */

import { join, relative } from 'node:path/posix';
import { allImports, packageNameOf, type Rule } from '../workspace.ts';

/** No file imports from the inside of another package, by its name or by a relative path. */
export const doors: Rule = (workspace) => {
  const byName = new Map(workspace.packages.map(({ package: one }) => [one.name, one]));
  return allImports(workspace).flatMap(({ from, path, where, imported: { specifier } }) => {
    if (specifier.startsWith('.')) {
      const target = join(path, '..', specifier);
      if (!relative(from.folder, target).startsWith('..')) return [];
      return [{ rule: 'doors', where, message: `${specifier} leaves ${from.folder}: import the package by its name` }];
    }
    const to = byName.get(packageNameOf(specifier) ?? '');
    if (to === undefined || to.entries.includes(`.${specifier.slice(to.name.length)}`)) return [];
    return [
      { rule: 'doors', where, message: `${specifier} is not exported by ${to.name}: import what its index.ts lists` },
    ];
  });
};
