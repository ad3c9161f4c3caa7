/** The certificates of a running cluster, as certmgr sees them. */

import { pathsUnder } from '@easycerts/cluster';
import { insidePaths } from '../../core/programs-plan.ts';
import type { CertificateLine } from '../../core/summary.ts';
import type { DataDirectory } from '../data-directory.ts';
import { runInside } from '../inside.ts';
import { runProgram } from '../run-program.ts';
import { readLiveSandbox } from '../sandbox-record-file.ts';

/** Name and end of each; none when certmgr cannot tell (with foreign certificates, for instance). */
export async function readCertificates(data: DataDirectory): Promise<readonly CertificateLine[]> {
  const live = readLiveSandbox(data);
  if (live === undefined) return [];
  const words = ['certmgr', 'check', '--json'];
  const result =
    live.cable === undefined
      ? await runProgram(process.execPath, [process.argv[1] ?? '', ...words, '--root', pathsUnder(data.path).root])
      : await runInside(live, [insidePaths.node, insidePaths.main, ...words]);
  return certificatesIn(result.stdout);
}

function certificatesIn(text: string): readonly CertificateLine[] {
  try {
    const value: unknown = JSON.parse(text);
    const list: unknown = Array.isArray(value) ? value : (value as { certificates?: unknown }).certificates;
    if (!Array.isArray(list)) return [];
    return list.flatMap((one: { name?: unknown; notAfter?: unknown }): CertificateLine[] =>
      typeof one.name === 'string' && typeof one.notAfter === 'string'
        ? [{ name: one.name, notAfter: one.notAfter }]
        : [],
    );
  } catch {
    return [];
  }
}
