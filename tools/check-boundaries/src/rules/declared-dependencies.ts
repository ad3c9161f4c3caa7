/** package.json says what the code imports: no less, no more. */

import { allImports, isTestFile, type PackageSources, packageNameOf, type Rule, type Violation } from '../workspace.ts';

/** What is imported is declared: in `dependencies` for what ships, also in `devDependencies` for tests. */
export const declaredDependencies: Rule = (workspace) =>
  allImports(workspace).flatMap(({ from, path, where, imported }) => {
    const name = packageNameOf(imported.specifier);
    if (name === undefined || name === from.name || toolchain.has(name)) return [];
    const isDeclared = from.dependencies.includes(name) || (isTestFile(path) && from.devDependencies.includes(name));
    if (isDeclared) return [];
    const list = isTestFile(path) ? 'devDependencies' : 'dependencies';
    return [
      { rule: 'declared-dependencies', where, message: `${name} is not in ${list} of ${from.folder}/package.json` },
    ];
  });

/** What is declared is imported somewhere in the package. */
export const usedDependencies: Rule = ({ packages }) => packages.flatMap(unusedOf);

/** Development tools of the whole workspace, declared in its own package.json and never shipped. */
const toolchain: ReadonlySet<string> = new Set(['esbuild', 'typescript']);

function unusedOf({ package: one, files }: PackageSources): readonly Violation[] {
  const imported = new Set(files.flatMap(({ imports }) => imports.map(({ specifier }) => packageNameOf(specifier))));
  return [...one.dependencies, ...one.devDependencies]
    .filter((name) => !imported.has(name))
    .map((name) => ({
      rule: 'used-dependencies',
      where: `${one.folder}/package.json`,
      message: `${name} is declared and never imported`,
    }));
}
