/** NATS subjects: tokens between dots; in a pattern `*` is any one token and `>` at the end is one token or more. */

/** Whether a pattern covers a subject (or a narrower pattern). */
export function subjectMatches(pattern: string, subject: string): boolean {
  const wanted = pattern.split('.');
  const tokens = subject.split('.');
  for (const [index, want] of wanted.entries()) {
    const token = tokens[index];
    if (token === undefined || token === '') return false;
    if (want === '>') return index === wanted.length - 1;
    if (token === '>' || (token === '*' && want !== '*')) return false;
    if (want !== '*' && want !== token) return false;
  }
  return wanted.length === tokens.length;
}

/** Whether some subject is covered by both patterns. */
export function patternsOverlap(one: string, other: string): boolean {
  const left = one.split('.');
  const right = other.split('.');
  for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
    if (left[index] === '>' || right[index] === '>') return true;
    if (left[index] !== '*' && right[index] !== '*' && left[index] !== right[index]) return false;
  }
  return left.length === right.length;
}
