/** Manual pages in roff with the man macros (groff_man(7)), as plain blocks. Pure. */

export type RoffBlock =
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'paragraph'; readonly text: string }
  /** A term in bold, what it means indented below it. */
  | { readonly kind: 'term'; readonly term: string; readonly text: string }
  /** How a command is called: its name in bold. */
  | { readonly kind: 'synopsis'; readonly command: string; readonly rest: string };

export interface RoffPage {
  readonly name: string;
  readonly section: number;
  /** YYYY-MM-DD. */
  readonly date: string;
  /** What the page comes with: `easycerts 0.1.0`. */
  readonly source: string;
  readonly blocks: readonly RoffBlock[];
}

/** The page's source text. */
export function renderRoff({ name, section, date, source, blocks }: RoffPage): string {
  const title = `.TH ${quote(name.toUpperCase())} ${section} ${quote(date)} ${quote(source)} ${quote('easycerts')}`;
  // no hyphenation and no justification: names of options must not be broken or pulled apart
  return `${[title, '.nh', '.ad l', ...blocks.flatMap(linesOf)].join('\n')}\n`;
}

function linesOf(block: RoffBlock): readonly string[] {
  switch (block.kind) {
    case 'heading':
      return [`.SH ${quote(block.text)}`];
    case 'paragraph':
      return ['.PP', escapeLine(block.text)];
    case 'term':
      return ['.TP', `.B ${quote(block.term)}`, ...(block.text === '' ? ['\\&'] : [escapeLine(block.text)])];
    case 'synopsis':
      return ['.PP', `\\fB${escapeText(block.command)}\\fR ${escapeText(block.rest)}`.trimEnd()];
    default:
      return block satisfies never;
  }
}

/** A line of text: a full stop or an apostrophe at its begin would make it a request. */
function escapeLine(text: string): string {
  const escaped = escapeText(text.replaceAll(/\s+/g, ' ').trim());
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}

/** Backslashes mean themselves, and hyphens can be copied into a shell. */
function escapeText(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('’', '\\(cq')
    .replaceAll('…', '\\&...')
    .replaceAll(/[^\x20-\x7e]/gu, (character) => `\\[u${codeOf(character)}]`);
}

/** groff_char(7): at least four hexadecimal digits. */
function codeOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}

function quote(text: string): string {
  return `"${escapeText(text).replaceAll('"', '\\(dq')}"`;
}
