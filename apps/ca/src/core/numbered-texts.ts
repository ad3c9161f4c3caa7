/** Texts that repeat by the thousand, such as the names of hosts: each once, and a number for it. */

/** What a query may be after instead of a number: what is not there, as `indexOf` says it, and everything. */
export const none = -1;
export const any = -2;

export class NumberedTexts {
  readonly #texts: string[] = [];
  readonly #numbers = new Map<string, number>();

  get size(): number {
    return this.#texts.length;
  }

  all(): readonly string[] {
    return [...this.#texts];
  }

  numberFor(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.#texts.length);
    return this.#texts.push(text) - 1;
  }

  /** The number that a query is after. */
  wanted(text: string | undefined): number {
    return text === undefined ? any : (this.#numbers.get(text) ?? none);
  }

  textOf(number: number): string {
    return this.#texts[number] ?? '';
  }
}
