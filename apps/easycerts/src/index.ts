/** What other packages may know of the executable. */

export { programFor, wholeProgram } from './program.ts';
