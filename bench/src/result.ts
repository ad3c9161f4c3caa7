/** What a benchmark gives: always a ratio of two sides measured in turn, in one run. */

export interface Result {
  readonly name: string;
  /** ours ÷ theirs, of the medians. */
  readonly ratio: number;
  readonly ours: Spread;
  readonly theirs: Spread;
  readonly unit: string;
  /** What the two sides are, one sentence. */
  readonly what: string;
  /** The goal, in words. */
  readonly goal: string;
  /** What else was seen in the same run, a line each. */
  readonly notes?: readonly string[];
}

export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** Minimum, median and maximum of at least one value. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const middle = sorted.length / 2;
  const median = sorted.length % 2 === 1 ? at(Math.floor(middle)) : (at(middle - 1) + at(middle)) / 2;
  return { min: at(0), median, max: at(sorted.length - 1) };
}

/** docs/benchmarks.md. What `previous`, the page until now, says of benchmarks that were not run this time stays. */
export function markdownOf(results: readonly Result[], machine: string, previous = ''): string {
  const isOld = (line: string): boolean => !results.some(({ name }) => line.includes(`\`${name}\``));
  const old = previous.split('\n').filter(isOld);
  const rows = [...old.filter((line) => line.startsWith('| `')), ...results.map(rowOf)].sort();
  const notes = [...old.filter((line) => line.startsWith('- `')), ...results.flatMap(notesOf)].sort();
  return `# Benchmarks

Made by \`npm run bench\`. Both sides are measured in turn in one run; each cell is minimum / median / maximum. Only ratios are
worth quoting: the absolute figures depend on the machine (here ${machine}). Where the time of
a certificate goes: [benchmarks/issuing.md](benchmarks/issuing.md).

| name | what | ours | theirs | ratio | goal |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
${notes.length === 0 ? '' : `\n${notes.join('\n')}\n`}`;
}

function rowOf({ name, what, ours, theirs, unit, ratio, goal }: Result): string {
  return `| \`${name}\` | ${what} | ${spread(ours)} ${unit} | ${spread(theirs)} ${unit} | **${number(ratio)}** | ${goal} |`;
}

function notesOf({ name, notes = [] }: Result): readonly string[] {
  return notes.map((note) => `- \`${name}\`: ${note}`);
}

function spread({ min, median, max }: Spread): string {
  return `${number(min)} / **${number(median)}** / ${number(max)}`;
}

function number(value: number): string {
  return value.toFixed(2);
}
