/** Compiles a script of the executable, in the one way in which its compiled code can be stored and used again. */

import { compileFunction } from 'node:vm';

/** What Node.js gives to a CommonJS module. */
const parameters = ['exports', 'require', 'module', '__filename', '__dirname'] as const;

export interface ScriptCode {
  /** In ASCII. */
  readonly text: string;
  /** Its name in stack traces. */
  readonly name: string;
}

/** The script as a function. `code`: what `compiledCode` has made of it; another's is not used. */
export function compileScript({ name, text }: ScriptCode, code?: Uint8Array): (...values: readonly unknown[]) => void {
  const options = code === undefined ? {} : { cachedData: Buffer.from(code.buffer, code.byteOffset, code.byteLength) };
  return compileFunction(text, parameters, { filename: name, ...options }) as (...values: readonly unknown[]) => void;
}

/** Its compiled code, for this processor and V8 with the flags that it has now. */
export function compiledCode({ name, text }: ScriptCode): Uint8Array {
  const { cachedData } = compileFunction(text, parameters, { filename: name, produceCachedData: true });
  if (cachedData === undefined) throw new Error(`${name}: V8 made no compiled code`);
  return cachedData;
}
