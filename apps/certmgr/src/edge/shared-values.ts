/** Equal small values, kept once: of ten thousand certificates most have the same issuer, organizations and usages. */

import type { LeafFacts } from '../core/observation.ts';

/** Different ones that are kept; what comes beyond is not worth sharing. */
const mostValues = 1_000;

export class SharedValues {
  readonly #texts = new Map<string, string>();
  readonly #lists = new Map<string, readonly unknown[]>();

  /** An equal text, the first that was given. */
  text(value: string): string {
    return shared(this.#texts, value, value);
  }

  /** An equal list, the first that was given; nobody may change it. */
  list<T extends string>(values: readonly T[]): readonly T[] {
    return shared(this.#lists, JSON.stringify(values), values) as readonly T[];
  }

  /** A leaf with what many others have alike. */
  leaf(leaf: LeafFacts): LeafFacts {
    return {
      ...leaf,
      issuerText: this.text(leaf.issuerText),
      otherSubjectAttributes: this.list(leaf.otherSubjectAttributes),
      otherNames: this.list(leaf.otherNames),
      usages: this.list(leaf.usages),
      otherUsages: this.list(leaf.otherUsages),
    };
  }
}

function shared<V>(known: Map<string, V>, key: string, value: V): V {
  const found = known.get(key);
  if (found !== undefined) return found;
  if (known.size < mostValues) known.set(key, value);
  return value;
}
