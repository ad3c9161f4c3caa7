/** Which image archives still have to be imported: each once for its content, as remembered beside containerd's data. */

export interface ImageArchive {
  readonly path: string;
  /** Changes when the archive does: size and time of modification are enough for files of a build cache. */
  readonly version: string;
}

/** The archives that the remembered text (of {@link formatImported}) does not know. A damaged text knows none. */
export function imagesToImport(
  archives: readonly ImageArchive[],
  remembered: string | undefined,
): readonly ImageArchive[] {
  const known = parse(remembered);
  return archives.filter(({ path, version }) => known[path] !== version);
}

/** What to remember when all of these have been imported. */
export function formatImported(archives: readonly ImageArchive[]): string {
  return `${JSON.stringify(Object.fromEntries(archives.map(({ path, version }) => [path, version])), undefined, 2)}\n`;
}

function parse(text: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
