/** docs/dependencies.md: what we depend on directly, what each brings along, and its licence, from the lock file. */

import { dependencyReasons } from './dependency-texts.ts';
import { generatedNotice, page, table } from './markdown.ts';

/** The part of package-lock.json (version 3) that is needed. */
export interface LockFile {
  readonly packages: Readonly<Record<string, LockEntry>>;
}

interface LockEntry {
  readonly version?: string;
  readonly license?: string;
  readonly link?: boolean;
  readonly optional?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** The page. */
export function dependenciesPage(lock: LockFile): string {
  const { runTime, development, users } = directDependencies(lock);
  return page([
    generatedNotice,
    '# Dependencies',
    'Everything that we depend on directly, at exact versions with sha512 hashes. The third column counts the packages that come ' +
      'along; those for other machines do not count. No install scripts are run. Why these and not others: ' +
      '[ADR 11](adr/0011-libraries-at-run-time.md).',
    '## At run time',
    tableOf(lock, users, runTime),
    '## For development',
    tableOf(lock, users, development),
  ]);
}

/** Dependencies without a reason, and reasons without a dependency: one line each. */
export function dependencyProblems(lock: LockFile): readonly string[] {
  const { runTime, development } = directDependencies(lock);
  const names = [...new Set([...runTime, ...development])];
  const known = Object.keys(dependencyReasons);
  return [
    ...names.filter((name) => !known.includes(name)).map((name) => `${name}: nothing says why it is needed`),
    ...known.filter((name) => !names.includes(name)).map((name) => `${name}: is not used any more`),
  ];
}

type Users = readonly (readonly [string, LockEntry])[];

function directDependencies(lock: LockFile): {
  readonly runTime: ReadonlySet<string>;
  readonly development: ReadonlySet<string>;
  readonly users: Users;
} {
  const users = Object.entries(lock.packages).filter(([path]) => !path.includes('node_modules/'));
  const namesIn = (list: Readonly<Record<string, string>> | undefined): readonly string[] =>
    Object.keys(list ?? {}).filter((name) => !name.startsWith('@easycerts/'));
  return {
    users,
    runTime: new Set(users.flatMap(([, entry]) => namesIn(entry.dependencies))),
    development: new Set(
      users.flatMap(([, entry]) => [...namesIn(entry.devDependencies), ...namesIn(entry.optionalDependencies)]),
    ),
  };
}

function tableOf(lock: LockFile, users: Users, names: ReadonlySet<string>): string {
  const rows = [...names].sort().map((name) => {
    const user = users.find(([, entry]) => name in allDependenciesOf(entry, true))?.[0] ?? '';
    const place = placeOf(lock, user, name);
    const { version = '', license = 'unknown' } = place === undefined ? {} : (lock.packages[place] ?? {});
    const along = place === undefined ? 0 : alongWith(lock, place).size;
    return [`${name} ${version}`, license, String(along), dependencyReasons[name] ?? ''];
  });
  return table(['package', 'licence', 'brings along', 'what for'], rows);
}

/** Every package that is installed because of the one at `place`. */
function alongWith(lock: LockFile, place: string, seen = new Set<string>()): ReadonlySet<string> {
  for (const name of Object.keys(allDependenciesOf(lock.packages[place] ?? {}, false))) {
    const found = placeOf(lock, place, name);
    if (found === undefined || seen.has(found) || lock.packages[found]?.optional === true) continue;
    seen.add(found);
    alongWith(lock, found, seen);
  }
  return seen;
}

/** Where node would find `name` from a package: in its own node_modules, or in one above. */
function placeOf(lock: LockFile, from: string, name: string): string | undefined {
  const place = `${from === '' ? '' : `${from}/`}node_modules/${name}`;
  if (place in lock.packages) return place;
  if (from === '') return undefined;
  const above = from.includes('/node_modules/') ? from.slice(0, from.lastIndexOf('/node_modules/')) : '';
  return placeOf(lock, above, name);
}

function allDependenciesOf(entry: LockEntry, isOwn: boolean): Readonly<Record<string, string>> {
  return { ...entry.dependencies, ...entry.optionalDependencies, ...(isOwn ? entry.devDependencies : {}) };
}
