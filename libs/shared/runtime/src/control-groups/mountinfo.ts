/** Lines of /proc/self/mountinfo as values (proc_pid_mountinfo(5)). */

export interface MountInfo {
  /** Which part of the file system is mounted: `/` unless it is a bind mount or inside a cgroup namespace. */
  readonly root: string;
  readonly mountPoint: string;
  readonly type: string;
  readonly source: string;
  /** Options of this mount: `ro` here although the file system is writable, for instance. */
  readonly options: readonly string[];
  /** Options of the file system itself; for cgroup v1 its controllers are among them. */
  readonly superOptions: readonly string[];
}

/** The mounts of a process, in mount order; lines that cannot be read are left out. */
export function parseMountInfo(text: string): readonly MountInfo[] {
  return text.split('\n').flatMap((line) => parseLine(line) ?? []);
}

function parseLine(line: string): MountInfo | undefined {
  const [mount, fileSystem] = line.split(' - ');
  const [, , , root, mountPoint, options] = mount?.split(' ') ?? [];
  const [type, source, superOptions] = fileSystem?.split(' ') ?? [];
  if (root === undefined || mountPoint === undefined || options === undefined || type === undefined) return undefined;
  return {
    root: decodeOctal(root),
    mountPoint: decodeOctal(mountPoint),
    type,
    source: decodeOctal(source ?? ''),
    options: options.split(','),
    superOptions: superOptions?.split(',') ?? [],
  };
}

/** The kernel writes space, tab, newline and backslash in octal. */
function decodeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
