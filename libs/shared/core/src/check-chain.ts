/** Decisions as literal lists of pure checks. */

/** One reason of a closed list, with a detail for people. */
export interface Finding<R extends string = string> {
  readonly reason: R;
  readonly detail: string;
}

/** A pure check: a finding, or undefined when there is nothing to say. */
export type Check<I, R extends string = string> = (input: I) => Finding<R> | undefined;

/** First finding of an ordered chain; undefined means nothing to do. */
export function firstFinding<I, R extends string>(chain: readonly Check<I, R>[], input: I): Finding<R> | undefined {
  for (const check of chain) {
    const found = check(input);
    if (found) return found;
  }
  return undefined;
}

/** Every finding of a chain, in order. */
export function allFindings<I, R extends string>(chain: readonly Check<I, R>[], input: I): readonly Finding<R>[] {
  return chain.map((check) => check(input)).filter((found) => found !== undefined);
}
