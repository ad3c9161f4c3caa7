/** What the package consists of, as data. Paths are absolute, as on the host; everything belongs to root. */

export type PackageEntry =
  | { readonly kind: 'text'; readonly path: string; readonly mode: number; readonly text: string }
  /** A text that lies there compressed; `path` ends with `.gz`. */
  | { readonly kind: 'gzip'; readonly path: string; readonly mode: number; readonly text: string }
  | { readonly kind: 'program'; readonly path: string; readonly mode: number; readonly source: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

/** A file that everybody may read. */
export function textFile(path: string, text: string): PackageEntry {
  return { kind: 'text', path, mode: 0o644, text };
}

/** A compressed one. */
export function gzipFile(path: string, text: string): PackageEntry {
  return { kind: 'gzip', path: `${path}.gz`, mode: 0o644, text };
}

/** A program of the package. */
export function programFile(path: string, source: string): PackageEntry {
  return { kind: 'program', path, mode: 0o755, source };
}
