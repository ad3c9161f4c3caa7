/** changelog.Debian: one entry for the version that is packaged, with what CHANGELOG.md says of it. Pure. */

export interface ChangelogFacts {
  readonly version: string;
  /** Seconds since 1970. */
  readonly epochS: number;
  /** CHANGELOG.md. */
  readonly changelog: string;
}

/** The entry in Debian's form (deb-changelog(5)). */
export function debianChangelog({ version, epochS, changelog }: ChangelogFacts): string {
  const items = newestItems(changelog);
  const lines = items.length === 0 ? ['See changelog.gz.'] : items;
  const date = new Date(epochS * 1000).toUTCString().replace('GMT', '+0000');
  return [
    `easycerts (${version}) unstable; urgency=medium`,
    '',
    ...lines.map((line) => `  * ${line}`),
    '',
    ` -- easycerts maintainers <maintainers@easycerts.example>  ${date}`,
    '',
  ].join('\n');
}

/** The items of the topmost section, each on one line. */
function newestItems(changelog: string): readonly string[] {
  const [, newest = ''] = changelog.split(/^## /m);
  return newest
    .split(/^- /m)
    .slice(1)
    .map((item) =>
      (item.split(/\n(?=\n|#)/)[0] ?? '')
        .replaceAll(/\[([^\]]+)\]\([^)]*\)/g, '$1')
        .replaceAll(/\s+/g, ' ')
        .trim(),
    );
}
