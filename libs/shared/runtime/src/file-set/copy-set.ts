/** A set as staged files again: for the copy that is kept, and back. */

import { stat } from 'node:fs/promises';
import { type CertificateFiles, filesOfSet } from '@easycerts/cluster';
import type { CertificateSet } from './read-set.ts';
import type { StagedFile } from './stage.ts';

/** The files of a set with the modes and owners they have now. */
export async function copyOf(set: CertificateSet): Promise<readonly StagedFile[]> {
  const paths = filesOfSet(set.target);
  const mayGiveAway = process.geteuid?.() === 0;
  const copy = async (name: string, part: keyof CertificateFiles): Promise<StagedFile> => {
    const { mode, uid, gid } = await stat(paths[part]);
    return { name, content: set[part], mode: mode & 0o777, ...(mayGiveAway ? { owner: { uid, gid } } : {}) };
  };
  return Promise.all([copy('tls.crt', 'cert'), copy('tls.key', 'key'), copy('ca.crt', 'ca')]);
}
