/** The licence that lies in the folder of a library. */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The text, or undefined when there is none. Names are as people write them: LICENSE, LICENCE.md, License.txt, COPYING. */
export async function readLicence(folder: string): Promise<string | undefined> {
  const names = (await readdir(folder)).filter((name) => /^(licen[cs]e|copying)([.-][\w.-]+)?$/i.test(name)).sort();
  const [first] = names;
  return first === undefined ? undefined : readFile(join(folder, first), 'utf8');
}
