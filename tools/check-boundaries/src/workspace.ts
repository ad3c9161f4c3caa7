/** What the rules look at: packages, their source files, and what each file imports and touches. */

/** The kinds of packages; each has exactly one, as the nx tag `type:<kind>` in its package.json. */
export const packageTypes = ['core', 'contract', 'edge', 'app', 'bundle', 'testing', 'e2e', 'tool'] as const;
export type PackageType = (typeof packageTypes)[number];

export interface WorkspacePackage {
  readonly name: string;
  /** Below the workspace: `libs/shared/core`. */
  readonly folder: string;
  /** Undefined when the tag is missing or is not one of the kinds. */
  readonly type: PackageType | undefined;
  readonly dependencies: readonly string[];
  readonly devDependencies: readonly string[];
  /** What may be imported: `.` and further entries of `exports`. */
  readonly entries: readonly string[];
}

export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** Only types: nothing of it is there at run time. */
  readonly isTypeOnly: boolean;
  /** Loaded when it is asked for, by `import()`: not a matter of the order of loading. */
  readonly isDynamic: boolean;
  /** What is imported by name; undefined when it is (or may be) all of it. */
  readonly names: readonly string[] | undefined;
}

/** Something that only the surroundings can answer: the clock, chance, the environment, a timer, the network. */
export interface AmbientUse {
  readonly what: string;
  readonly line: number;
}

export interface SourceFile {
  /** Below the workspace. */
  readonly path: string;
  readonly imports: readonly Import[];
  readonly ambientUses: readonly AmbientUse[];
}

export interface PackageSources {
  readonly package: WorkspacePackage;
  readonly files: readonly SourceFile[];
}

export interface Workspace {
  readonly packages: readonly PackageSources[];
}

export interface Violation {
  /** Name of the rule that is broken. */
  readonly rule: string;
  /** `path:line`, or the path of a package.json. */
  readonly where: string;
  readonly message: string;
}

export type Rule = (workspace: Workspace) => readonly Violation[];

/** Whether a file is only for tests: it may use the test kit and what is declared for development. */
export function isTestFile(path: string): boolean {
  return /\.test\.(ts|mjs)$/.test(path) || /^(apps|libs\/shared|tools)\/[^/]+\/test\//.test(path);
}

/** The package that a specifier names, without the path inside it; undefined for relative paths and node's modules. */
export function packageNameOf(specifier: string): string | undefined {
  if (specifier.startsWith('.') || specifier.startsWith('/') || specifier.startsWith('node:')) return undefined;
  const [first = '', second] = specifier.split('/');
  return first.startsWith('@') && second !== undefined ? `${first}/${second}` : first;
}

/** Every import of every file, with the package that it stands in. */
export function allImports(workspace: Workspace): readonly {
  readonly from: WorkspacePackage;
  readonly path: string;
  readonly where: string;
  readonly imported: Import;
}[] {
  return workspace.packages.flatMap(({ package: from, files }) =>
    files.flatMap(({ path, imports }) =>
      imports.map((imported) => ({ from, path, where: `${path}:${imported.line}`, imported })),
    ),
  );
}
