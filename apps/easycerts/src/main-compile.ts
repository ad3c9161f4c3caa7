/** `node compiler.cjs <script> <file>`: writes the compiled code of a script of the executable. Made one file by tools/package. */

import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { compiledCode } from './edge/compile-script.ts';

const [script = '', file = ''] = process.argv.slice(2);
writeFileSync(file, compiledCode({ name: basename(script), text: readFileSync(script, 'latin1') }));
