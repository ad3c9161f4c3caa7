/** Tables for terminals. */

/** Aligns rows under headers, two spaces between columns, no spaces at line ends; every line ends in a line feed. */
export function formatTable(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [headers, ...rows];
  const widths = headers.map((_, column) => Math.max(...lines.map((line) => widthOf(line[column] ?? ''))));
  return lines.map((line) => `${alignLine(line, widths)}\n`).join('');
}

/** Whether a stream is a terminal where lines may be rewritten (and not a dumb one). */
export function isTerminal(stream: { readonly isTTY?: boolean } = process.stdout): boolean {
  return stream.isTTY === true && process.env.TERM !== 'dumb';
}

function alignLine(line: readonly string[], widths: readonly number[]): string {
  return line
    .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - widthOf(cell))))
    .join('  ')
    .trimEnd();
}

function widthOf(cell: string): number {
  return [...cell].length;
}
