/** What must be unmounted before a folder is removed. */

/** Mount points at or below a folder, the innermost first. */
export function mountsBelow(folder: string, mountPoints: readonly string[]): readonly string[] {
  return mountPoints
    .filter((point) => point === folder || point.startsWith(`${folder}/`))
    .toSorted((a, b) => b.split('/').length - a.split('/').length);
}
