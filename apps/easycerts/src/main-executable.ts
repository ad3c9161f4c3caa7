/**
 * What the executable runs first (docs/adr/0021): it takes the script of the command out of the executable, tells V8 about memory
 * and runs it. Scripts are compressed there: what is read of the file stays resident.
 */

import { getAssetKeys, getRawAsset } from 'node:sea';
import { setFlagsFromString } from 'node:v8';
import { zstdDecompressSync } from 'node:zlib';
import { scriptFor } from './core/executable-scripts.ts';
import { memoryFlags } from './core/memory-flags.ts';
import { compileScript } from './edge/compile-script.ts';

const script = scriptFor(process.argv);
const code = `${script}.code`;
const run = compileScript(
  { name: `${script}.cjs`, text: asset(`${script}.cjs`).toString('latin1') },
  // there is none for a processor other than that which made the package
  getAssetKeys().includes(code) ? asset(code) : undefined,
);
// after that, for the compiled code is everybody's; before it runs, for even declaring 2 MB is work for an optimising compiler
for (const flag of memoryFlags(process.argv)) setFlagsFromString(flag);
run(exports, require, module, __filename, __dirname);

function asset(name: string): Buffer {
  return zstdDecompressSync(new Uint8Array(getRawAsset(name)));
}
