/**
 * Completes package-lock.json: `npm ci` refuses a lock file without an entry for every optional package, also for those of
 * other systems, and npm leaves out what the registry in use does not serve. Such a package is never downloaded on the
 * systems that we support, so its entry needs no hash.
 */

interface Entry {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}
type Packages = Readonly<Record<string, Entry>>;

/** The lock file with the missing entries; the same text when none is missing. */
export function completeLock(text: string): string {
  const lock = JSON.parse(text) as { readonly packages: Packages };
  const missing = missingPackages(lock.packages);
  if (missing.length === 0) return text;
  const added = missing.map(({ name, version, isDev }) => [`node_modules/${name}`, entryOf(name, version, isDev)]);
  // As npm sorts them, so that it does not turn the file over when it writes it next.
  const packages = [...Object.entries(lock.packages), ...added].sort(([a], [b]) =>
    String(a).localeCompare(String(b), 'en'),
  );
  return `${JSON.stringify({ ...lock, packages: Object.fromEntries(packages) }, null, 2)}\n`;
}

/** Optional packages that have no entry. */
export function missingPackages(
  packages: Packages,
): readonly { readonly name: string; readonly version: string; readonly isDev: boolean }[] {
  return Object.entries(packages).flatMap(([place, { optionalDependencies = {}, dev = false }]) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => !isThere(packages, place, name))
      .map(([name, version]) => ({ name, version, isDev: dev })),
  );
}

/** An entry that npm takes for what it is: for another system, so that it leaves it alone. Throws when it cannot tell. */
function entryOf(name: string, version: string, isDev: boolean): Entry {
  const os = /(?:^|[-/])(android|darwin|freebsd|linux|netbsd|openbsd|sunos|win32)(?:-|$)/.exec(name)?.[1];
  const cpu = /-(arm64|armv7|arm|ia32|loong64|mips64el|ppc64|riscv64|s390x|x64)(?:-|$)/.exec(name)?.[1];
  const isExact = /^\d+\.\d+\.\d+$/.test(version);
  if (os === undefined || cpu === undefined || !isExact)
    throw new Error(`package-lock.json has no entry for ${name} ${version}`);
  const isMusl = /-musl(-|$)/.test(name);
  if (os === 'linux' && !isMusl && (cpu === 'x64' || cpu === 'arm64')) {
    throw new Error(
      `package-lock.json has no entry for ${name} ${version}, which this system needs: see that the registry has it`,
    );
  }
  return {
    version,
    cpu: [cpu === 'armv7' ? 'arm' : cpu],
    ...(isDev ? { dev: true } : {}),
    ...(isMusl ? { libc: ['musl'] } : {}),
    optional: true,
    os: [os],
  };
}

/** Whether npm would find the package from a place: beside it or further up. */
function isThere(packages: Packages, place: string, name: string): boolean {
  if (`${place === '' ? '' : `${place}/`}node_modules/${name}` in packages) return true;
  if (place === '') return false;
  const above = place.includes('/node_modules/') ? place.slice(0, place.lastIndexOf('/node_modules/')) : '';
  return isThere(packages, above, name);
}
