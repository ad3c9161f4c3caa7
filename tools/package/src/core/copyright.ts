/** The copyright file: ours, and that of everything in the package, as licences ask. Pure. */

export interface Notice {
  /** The file of the package that has it, such as `usr/lib/easycerts/nats-server`. */
  readonly file: string;
  /** `zod 4.1.0`. */
  readonly name: string;
  readonly text: string;
}

/** `head` is the file in `debian/`; the notices follow as paragraphs of the format, those with one text together. */
export function copyrightText(head: string, notices: readonly Notice[]): string {
  const same = Map.groupBy(notices, ({ file, text }) => `${file}\n${licenceOf(text)}`);
  return `${[head.trimEnd(), ...[...same.values()].map(paragraphOf)].join('\n\n')}\n`;
}

function paragraphOf(notices: readonly Notice[]): string {
  const [first] = notices;
  if (first === undefined) return '';
  const names = notices.map(({ name }) => name).join(', ');
  const licence = licenceOf(first.text);
  const isCommon = licence === commonApache;
  return [
    `Files: ${first.file}`,
    `Comment: parts of it are ${names}`,
    'Copyright: see the licence, and the sources of the parts',
    `License: ${isCommon ? 'Apache-2.0' : `of-${first.name.replaceAll(/[^\w.-]+/g, '-').replace(/^-/, '')}`}`,
    indented(licence),
  ].join('\n');
}

const commonApache =
  'On Debian systems the full text of the Apache License, version 2.0, is in\n/usr/share/common-licenses/Apache-2.0.';

/** Debian has the long one already. */
function licenceOf(text: string): string {
  return /^\s*Apache License\s+Version 2\.0, January 2004\b/.test(text) ? commonApache : text.trim();
}

/** Continuation lines begin with a space, empty ones have a full stop (deb-control(5)). */
function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => (line.trim() === '' ? ' .' : ` ${line.trimEnd()}`))
    .join('\n');
}
