/** An error that a person can mend: said in two lines, without a stack. */

export class Problem extends Error {
  /**
   * @param {string} message what failed
   * @param {string} cure what to do
   */
  constructor(message, cure) {
    super(message);
    this.name = 'Problem';
    this.cure = cure;
  }
}

/**
 * The two lines.
 * @param {Problem} problem
 */
export function problemText(problem) {
  return `error: ${problem.message}\ncure: ${problem.cure}\n`;
}
