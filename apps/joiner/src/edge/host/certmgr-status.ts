/** What certmgr says in its status.json, as far as joining needs it. Fields of a newer certmgr are passed over. */

import { readFile } from 'node:fs/promises';
import type { Paths } from '@easycerts/cluster';
import { systemErrorCode } from '@easycerts/core';
import { z } from 'zod';
import type { EnrolmentStatus } from '../../core/host-state.ts';

const schema = z.object({
  pid: z.int(),
  failures: z.array(z.object({ name: z.string(), code: z.string(), message: z.string() })),
  specProblems: z.array(z.object({ path: z.string(), message: z.string() })),
  enrolment: z
    .object({
      state: z.enum(['waiting', 'enrolling', 'refused', 'done']),
      tokenId: z.string().nullish(),
      code: z.string().nullish(),
      message: z.string().nullish(),
      reason: z.string().nullish(),
      cure: z.string().nullish(),
    })
    .nullish(),
});

export interface CertmgrStatus {
  readonly pid: number;
  readonly failures: readonly { readonly name: string; readonly code: string; readonly message: string }[];
  readonly problems: readonly { readonly path: string; readonly message: string }[];
  readonly enrolment: EnrolmentStatus | undefined;
}

/** The last status; undefined when there is none, or it makes no sense. */
export async function readCertmgrStatus(paths: Pick<Paths, 'certmgrState'>): Promise<CertmgrStatus | undefined> {
  try {
    return statusOf(await readFile(`${paths.certmgrState}/status.json`, 'utf8'));
  } catch {
    return undefined;
  }
}

function statusOf(text: string): CertmgrStatus | undefined {
  const parsed = schema.safeParse(JSON.parse(text));
  if (!parsed.success) return undefined;
  const { enrolment, failures, pid, specProblems } = parsed.data;
  return {
    pid,
    failures,
    problems: specProblems,
    enrolment:
      enrolment === undefined || enrolment === null
        ? undefined
        : { ...withoutNull(enrolment), state: enrolment.state, ...(isAlive(pid) ? {} : { isOld: true }) },
  };
}

function withoutNull(values: Readonly<Record<string, string | null | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemErrorCode(error) === 'EPERM';
  }
}
