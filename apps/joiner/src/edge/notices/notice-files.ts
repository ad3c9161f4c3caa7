/** Which certificates of this host are used by services that are none of our components: said in certmgr's specs. */

import { readFileSync } from 'node:fs';
import { systemErrorCode } from '@easycerts/core';
import type { Logger } from '@easycerts/runtime';
import { z } from 'zod';
import type { Notice } from '../../core/notice-plan.ts';
import { JsonFolder } from '../json-folder.ts';

// certmgr tells what is wrong with its specs; this is the part of them that is ours.
const noticeSchema = z.object({
  name: z.string().min(1),
  directory: z.string().regex(/^\/[^\0]*$/),
  notify: z
    .object({ unit: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9@._-]*$/), action: z.enum(['reload', 'restart']) })
    .exactOptional(),
});

export class NoticeFiles {
  readonly #folder: JsonFolder<Notice | undefined>;
  readonly #logger: Logger;

  constructor(directory: string, logger: Logger) {
    this.#folder = new JsonFolder(directory, readNotice);
    this.#logger = logger;
  }

  /** By unit. Undefined when the folder cannot be listed: then nobody knows. */
  load(): ReadonlyMap<string, readonly Notice[]> | undefined {
    try {
      const notices = [...this.#folder.load().values()].filter((notice) => notice !== undefined);
      return Map.groupBy(notices, ({ unit }) => unit);
    } catch (err) {
      if (systemErrorCode(err) === 'ENOENT') return new Map();
      this.#logger.error({ err }, 'certificate specs cannot be listed');
      return undefined;
    }
  }
}

function readNotice(path: string): Notice | undefined {
  try {
    const { directory, name, notify } = noticeSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
    return notify === undefined ? undefined : { certificate: name, directory, ...notify };
  } catch {
    return undefined;
  }
}
