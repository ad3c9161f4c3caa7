/** The file system that the sandbox sees, as data: what is made (entries) and what is mounted over it (mounts). */

/** Something that exists in the new root before anything is mounted there. Paths are absolute, as seen from inside. */
export type RootEntry =
  | { readonly kind: 'directory'; readonly path: string; readonly mode?: number }
  | { readonly kind: 'file'; readonly path: string; readonly content: string; readonly mode?: number }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string };

/** One mount. `source` is a path of the machine (or of the new root, with `fromInside`), `target` one inside. */
export interface Mount {
  readonly source: string;
  readonly target: string;
  /** `none` for a bind mount. */
  readonly type: string;
  readonly options: readonly string[];
  /** The source is a path inside the new root. */
  readonly fromInside?: true;
}

export interface RootPlan {
  readonly entries: readonly RootEntry[];
  /** In this order. */
  readonly mounts: readonly Mount[];
}

/** One plan after the other. */
export function joinPlans(...plans: readonly RootPlan[]): RootPlan {
  return { entries: plans.flatMap(({ entries }) => entries), mounts: plans.flatMap(({ mounts }) => mounts) };
}

export function directory(path: string, mode = 0o755): RootEntry {
  return { kind: 'directory', path, mode };
}

export function file(path: string, content = '', mode = 0o644): RootEntry {
  return { kind: 'file', path, content, mode };
}

export function symlink(path: string, target: string): RootEntry {
  return { kind: 'symlink', path, target };
}

/** Shows a folder or file of the machine inside, for reading only. */
export function bindReadOnly(source: string, target: string): Mount {
  return { source, target, type: 'none', options: ['bind', 'ro'] };
}

/** Shows a folder of the machine inside, for reading and writing. */
export function bind(source: string, target: string): Mount {
  return { source, target, type: 'none', options: ['bind'] };
}

/**
 * The mounts as an fstab(5), so that one `mount --all` does them all: a process a mount would cost more than the mounts.
 * `root` is where the new root is mounted while it is made.
 */
export function renderFstab(mounts: readonly Mount[], root: string): string {
  const lines = mounts.map(({ source, target, type, options, fromInside }) => {
    const from = fromInside ? `${root}${source}` : source;
    return [from, `${root}${target}`, type, options.join(','), '0', '0'].map(escapeField).join(' ');
  });
  return lines.map((line) => `${line}\n`).join('');
}

/** fstab(5): space, tab, newline, backslash and a leading hash in octal. */
function escapeField(text: string): string {
  return text.replace(/[\s\\#]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);
}
