/** Which document of the master this node's files were made of: written by config-renderer once they are, read by joiner. */

import { readFileSync } from 'node:fs';
import type { Paths, RenderedFile } from '@easycerts/cluster';
import { z } from 'zod';

export interface AppliedConfig {
  readonly digest: string;
  /** When this document was applied; another time means that it was given anew, though its content may be as before. */
  readonly appliedAt: string;
  /** Of the key on the bus that held it; absent while it has only come with the enrolment. */
  readonly revision?: number;
}

const schema = z.object({
  digest: z.string().min(1),
  appliedAt: z.iso.datetime(),
  revision: z.int().positive().exactOptional(),
});

/** What stands there; undefined for nothing, and for what makes no sense: then it is written again. */
export function readAppliedConfig({ appliedConfig }: Pick<Paths, 'appliedConfig'>): AppliedConfig | undefined {
  try {
    return schema.parse(JSON.parse(readFileSync(appliedConfig, 'utf8')));
  } catch {
    return undefined;
  }
}

/** The file as it is to be written. */
export function appliedConfigFile(
  { appliedConfig }: Pick<Paths, 'appliedConfig'>,
  applied: AppliedConfig,
): RenderedFile {
  const content = `${JSON.stringify(applied, null, 2)}\n`;
  return { path: appliedConfig, content, owner: 'root', group: 'root', mode: 0o644 };
}
