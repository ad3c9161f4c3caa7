/** The copyright file: ours, and that of everything in the package, as licences ask. Pure. */

export interface Notice {
  /** `zod 4.1.0`. */
  readonly name: string;
  readonly text: string;
}

/** `head` is the file in `debian/`; the notices follow as stand-alone licence paragraphs of the format. */
export function copyrightText(head: string, notices: readonly Notice[]): string {
  const byText = Map.groupBy(notices, ({ text }) => text.trim());
  const paragraphs = [...byText].map(
    ([text, same]) =>
      `Files: usr/lib/easycerts/easycerts\nComment: parts of it are ${same.map(({ name }) => name).join(', ')}\n` +
      `Copyright: see the licence\nLicense: of-${firstWord(same)}\n${indented(text)}`,
  );
  return `${[head.trimEnd(), ...paragraphs].join('\n\n')}\n`;
}

function firstWord(notices: readonly Notice[]): string {
  return (notices[0]?.name ?? '').replaceAll(/[^\w.-]+/g, '-').replace(/^-/, '');
}

/** Continuation lines begin with a space, empty ones have a full stop (deb-control(5)). */
function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => (line.trim() === '' ? ' .' : ` ${line.trimEnd()}`))
    .join('\n');
}
