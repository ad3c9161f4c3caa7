/** Keeps a script one byte a character: with a single other character in it, Node.js holds all of it in memory in two. Pure. */

/**
 * The script with escapes for what is not ASCII. esbuild has escaped strings and templates, and left regular expressions as they
 * were, where `\uXXXX` means the same.
 */
export function asciiScript(script: string): string {
  return script.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
