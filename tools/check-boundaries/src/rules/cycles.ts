/** No package and no file needs itself by way of others. */

import { join } from 'node:path/posix';
import { isTestFile, packageNameOf, type Rule, type Workspace } from '../workspace.ts';

type Graph = ReadonlyMap<string, readonly string[]>;

/** Packages import each other in one direction; tests do not count, for the test kit is made of what it tests. */
export const packageCycles: Rule = (workspace) => violationsOf('package-cycles', packageGraph(workspace));

/** Files import each other in one direction, but for types and `import()`: the order of loading never matters. */
export const fileCycles: Rule = (workspace) => violationsOf('file-cycles', fileGraph(workspace));

function packageGraph({ packages }: Workspace): Graph {
  const names = new Set(packages.map(({ package: { name } }) => name));
  const edges = packages.map(({ package: { name: own }, files }): [string, string[]] => {
    const imports = files.filter(({ path }) => !isTestFile(path)).flatMap((file) => file.imports);
    const imported = new Set(imports.map(({ specifier }) => packageNameOf(specifier) ?? ''));
    return [own, [...imported].filter((name) => names.has(name) && name !== own)];
  });
  return new Map(edges);
}

function fileGraph({ packages }: Workspace): Graph {
  const files = packages.flatMap((one) => one.files);
  return new Map(
    files.map(({ path, imports }) => [
      path,
      imports
        .filter(({ specifier, isTypeOnly, isDynamic }) => specifier.startsWith('.') && !isTypeOnly && !isDynamic)
        .map(({ specifier }) => join(path, '..', specifier)),
    ]),
  );
}

function violationsOf(rule: string, graph: Graph): ReturnType<Rule> {
  return cyclesOf(graph).map((cycle) => ({
    rule,
    where: cycle[0] ?? '',
    message: `imports itself: ${[...cycle, cycle[0]].join(' → ')}`,
  }));
}

/** One cycle for each group of nodes that reach each other, from a depth-first walk. */
function cyclesOf(graph: Graph): readonly (readonly string[])[] {
  const done = new Set<string>();
  const cycles: string[][] = [];
  const walk = (node: string, trail: readonly string[]): void => {
    const at = trail.indexOf(node);
    if (at >= 0) {
      cycles.push(trail.slice(at));
      return;
    }
    if (done.has(node)) return;
    for (const next of graph.get(node) ?? []) walk(next, [...trail, node]);
    done.add(node);
  };
  for (const node of graph.keys()) walk(node, []);
  return cycles;
}
