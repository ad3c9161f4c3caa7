/** The text of the pinning go.mod files. Pure. */

export interface ModuleVersion {
  readonly path: string;
  /** Without its `v`. */
  readonly version: string;
}

export interface GoMod {
  readonly module: string;
  readonly go: string;
  /** Required by ourselves; those required by them are found by `go mod tidy`. */
  readonly requires: readonly ModuleVersion[];
  /** Whole lines without `replace`, e.g. `a => a v1.0.0`. */
  readonly replaces: readonly string[];
}

const requireLine = /^(?:require\s+|\s+)(\S+)\s+v(\S+)(\s+\/\/ indirect)?$/;

/** Reads the parts of a go.mod that we write ourselves. */
export function parseGoMod(text: string): GoMod {
  const lines = text.split('\n');
  const required = lines.map((line) => requireLine.exec(line)).filter((found) => found !== null && !found[3]);
  return {
    module: /^module (\S+)$/m.exec(text)?.[1] ?? '',
    go: /^go (\S+)$/m.exec(text)?.[1] ?? '',
    requires: required.map((found) => ({ path: found?.[1] ?? '', version: found?.[2] ?? '' })),
    replaces: lines.filter((line) => line.includes(' => ')).map((line) => line.replace(/^replace\s/, '').trim()),
  };
}

/** The go.mod before `go mod tidy`. */
export function formatGoMod({ module, go, requires, replaces }: GoMod): string {
  const block = (word: string, lines: readonly string[]): string =>
    lines.length === 0 ? '' : `\n${word} (\n${lines.map((line) => `\t${line}\n`).join('')})\n`;
  const required = requires.map(({ path, version }) => `${path} v${version}`);
  return `module ${module}\n\ngo ${go}\n${block('require', required)}${block('replace', replaces)}`;
}

/**
 * The replaces that Kubernetes needs from outside: its own go.mod names the modules of its staging folder as v0.0.0 and
 * replaces them by folders; they are published as v0.<minor>.<patch>.
 */
export function stagingReplaces(kubernetesGoMod: string, version: string): readonly string[] {
  const published = version.replace(/^\d+\./, '0.');
  const staging = parseGoMod(kubernetesGoMod).requires.filter((one) => one.version === '0.0.0');
  return staging.map(({ path }) => `${path} => ${path} v${published}`).sort();
}
