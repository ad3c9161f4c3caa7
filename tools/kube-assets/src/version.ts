/** Version numbers of programs: reading, comparing, and whether one is good enough to be used. */

export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** Which versions may be used in place of the pinned one. */
export type VersionRule =
  | { readonly kind: 'same-minor' }
  | { readonly kind: 'at-least'; readonly version: string }
  | { readonly kind: 'any' };

/** The first version number in a text such as `etcd Version: 3.6.6` or `go1.26rc1`; undefined when it has none. */
export function parseVersion(text: string): Version | undefined {
  const found = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  if (found === null) return undefined;
  return { major: Number(found[1]), minor: Number(found[2]), patch: Number(found[3] ?? 0) };
}

/** Below zero when `left` is older than `right`, zero when equal. */
export function compareVersions(left: Version, right: Version): number {
  return left.major - right.major || left.minor - right.minor || left.patch - right.patch;
}

export function formatVersion(version: Version): string {
  return `${version.major}.${version.minor}.${version.patch}`;
}

/** Whether `found` may be used where `pinned` is wanted. An unreadable version is only good enough for `any`. */
export function isUsable(found: Version | undefined, pinned: string, rule: VersionRule): boolean {
  if (rule.kind === 'any') return true;
  const wanted = parseVersion(rule.kind === 'at-least' ? rule.version : pinned);
  if (found === undefined || wanted === undefined) return false;
  if (rule.kind === 'at-least') return compareVersions(found, wanted) >= 0;
  return found.major === wanted.major && found.minor === wanted.minor;
}

/** The rule in words: `1.36.x`, `2.12.0 or newer`. */
export function describeRule(pinned: string, rule: VersionRule): string {
  const version = parseVersion(pinned);
  switch (rule.kind) {
    case 'any':
      return 'any version';
    case 'at-least':
      return `${rule.version} or newer`;
    case 'same-minor':
      return version === undefined ? pinned : `${version.major}.${version.minor}.x`;
    default:
      return rule satisfies never;
  }
}
