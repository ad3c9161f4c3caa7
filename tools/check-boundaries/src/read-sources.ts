/**
 * Reads the source files with TypeScript's own parser. The only file that uses its API, which is not declared stable yet: the
 * version of typescript is pinned.
 */

import { join, relative } from 'node:path';
import type { ImportClause, Node, SourceFile as ParsedFile } from 'typescript/unstable/ast';
import { SyntaxKind } from 'typescript/unstable/ast';
import * as is from 'typescript/unstable/ast/is';
import { API } from 'typescript/unstable/sync';
import { ambientUseOf, declaredNamesOf } from './ambient-uses.ts';
import type { AmbientUse, Import, PackageSources, SourceFile, WorkspacePackage } from './workspace.ts';

/** The files of each package that the tsconfig.json of the workspace includes. */
export function readSources(root: string, packages: readonly WorkspacePackage[]): readonly PackageSources[] {
  const api = new API({ cwd: root });
  try {
    const config = join(root, 'tsconfig.json');
    using snapshot = api.updateSnapshot({ openProjects: [config] });
    const project = snapshot.getProject(config);
    if (project === undefined) throw new Error(`tsconfig.json of ${root} cannot be opened`);
    const paths = project.rootFiles.map((file) => relative(root, file)).sort();
    const read = (path: string): SourceFile => {
      const parsed = project.program.getSourceFile(join(root, path));
      if (parsed === undefined) throw new Error(`${path} cannot be parsed`);
      return factsOf(path, parsed);
    };
    return packages.map((one) => ({
      package: one,
      files: paths.filter((path) => path.startsWith(`${one.folder}/`)).map(read),
    }));
  } finally {
    api.close();
  }
}

function factsOf(path: string, file: ParsedFile): SourceFile {
  const imports: Import[] = [];
  const ambientUses: AmbientUse[] = [];
  const lines = lineStartsOf(file.text);
  const declared = declaredNamesOf(file);
  const visit = (node: Node): void => {
    const line = lineAt(lines, node.getStart(file));
    const imported = importOf(node);
    if (imported !== undefined) imports.push({ ...imported, line });
    const what = ambientUseOf(node, declared);
    if (what !== undefined) ambientUses.push({ what, line });
    node.forEachChild(visit);
  };
  file.forEachChild(visit);
  return { path, imports, ambientUses };
}

function importOf(node: Node): Omit<Import, 'line'> | undefined {
  if (is.isImportDeclaration(node)) {
    const names = importedNamesOf(node.importClause);
    return literalImport(node.moduleSpecifier, { isTypeOnly: isTypeOnlyImport(node), names });
  }
  if (is.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
    return literalImport(node.moduleSpecifier, { isTypeOnly: node.isTypeOnly });
  }
  if (is.isCallExpression(node) && node.expression.kind === SyntaxKind.ImportKeyword) {
    const [argument] = node.arguments;
    return argument === undefined ? undefined : literalImport(argument, { isDynamic: true });
  }
  if (is.isImportTypeNode(node) && is.isLiteralTypeNode(node.argument)) {
    return literalImport(node.argument.literal, { isTypeOnly: true });
  }
  return undefined;
}

function literalImport(specifier: Node, how: Partial<Import>): Omit<Import, 'line'> | undefined {
  if (!is.isStringLiteral(specifier)) return undefined;
  return { specifier: specifier.text, isTypeOnly: false, isDynamic: false, names: undefined, ...how };
}

/** The names of `import { a, type B, c as d }`; types left out. */
function importedNamesOf(clause: ImportClause | undefined): readonly string[] | undefined {
  const bindings = clause?.namedBindings;
  if (clause?.name !== undefined || bindings === undefined || !is.isNamedImports(bindings)) return undefined;
  return bindings.elements.filter((one) => !one.isTypeOnly).map((one) => (one.propertyName ?? one.name).text);
}

/** `import type …`, or `import { type A, type B }`: with verbatimModuleSyntax the latter still loads the module. */
function isTypeOnlyImport(node: Node): boolean {
  return is.isImportDeclaration(node) && node.importClause?.phaseModifier === SyntaxKind.TypeKeyword;
}

function lineStartsOf(text: string): readonly number[] {
  return [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
}

function lineAt(starts: readonly number[], position: number): number {
  return starts.findLastIndex((start) => start <= position) + 1;
}
