/** Files of the core library and of every `core/` folder: facts in, decisions out, nothing ambient. */

import { type Import, isTestFile, type Rule, type SourceFile, type Violation } from '../workspace.ts';

/** The core library and the folders in which an app keeps its decisions. */
export function isPureFile(path: string): boolean {
  return (
    !isTestFile(path) && /^(libs\/shared\/core\/src|(apps|libs\/shared|tools)\/[^/]+\/src\/(.+\/)?core)\//.test(path)
  );
}

/** Functions of other modules of node that do the same, by name. */
const pureFunctions: Readonly<Record<string, readonly string[]>> = {
  'node:crypto': ['createHash', 'hash', 'timingSafeEqual'],
  'node:net': ['isIP', 'isIPv4', 'isIPv6'],
};

/** Modules of node that compute and touch nothing. */
const pureModules: ReadonlySet<string> = new Set([
  'node:path',
  'node:path/posix',
  'node:util',
  'node:url',
  'node:buffer',
]);

/** Pure files import no module of node that touches something, and use no clock, chance, environment, timer or network. */
export const pureFolders: Rule = ({ packages }) =>
  packages.flatMap(({ files }) => files.filter(({ path }) => isPureFile(path)).flatMap(violationsOf));

function violationsOf({ path, imports, ambientUses }: SourceFile): readonly Violation[] {
  const modules = imports.filter((imported) => imported.specifier.startsWith('node:') && !isPureImport(imported));
  return [
    ...modules.map(({ specifier, line }) => violation(`${path}:${line}`, specifier)),
    ...ambientUses.map(({ what, line }) => violation(`${path}:${line}`, what)),
  ];
}

function isPureImport({ specifier, isTypeOnly, names }: Import): boolean {
  if (isTypeOnly || pureModules.has(specifier)) return true;
  const allowed = pureFunctions[specifier] ?? [];
  return names?.every((name) => allowed.includes(name)) ?? false;
}

function violation(where: string, what: string): Violation {
  return { rule: 'pure-folders', where, message: `a pure file may not touch ${what}: take it as an argument` };
}
