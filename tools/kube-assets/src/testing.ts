/** What the tests of this package share: temporary folders and small shell scripts in the place of real programs. */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';

/** A folder that is removed after the test. */
export async function temporaryFolder(test: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kube-assets-'));
  test.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes an executable shell script and returns its path. */
export async function script(path: string, body: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return path;
}

/**
 * A `go` that builds in no time: what it builds says `version` when run. It appends a line to `$FAKE_LOG` per build, waits
 * as long as `$FAKE_HOLD` exists, and fails with the text of `$FAKE_FAILURE`.
 */
export const fakeGo = `
PATH=/usr/bin:/bin
if [ "$1" = env ]; then echo go1.26.8; exit; fi
if [ -n "$FAKE_FAILURE" ]; then echo "$FAKE_FAILURE" >&2; exit 1; fi
while [ $# -gt 1 ]; do [ "$1" = -o ] && out=$2; shift; done
echo "$1" >> "$FAKE_LOG"
while [ -e "$FAKE_HOLD" ]; do sleep 0.02; done
printf '#!/bin/sh\\necho built 2.15.2\\n' > "$out"
chmod +x "$out"`;

/** A 64-bit ELF file without code, with or without a dynamic loader. */
export function elfFile(isStatic: boolean): Buffer {
  const file = Buffer.alloc(64 + 56);
  file.write('\x7fELF\x02\x01', 'latin1');
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(1, 56);
  file.writeUInt32LE(isStatic ? 1 : 3, 64);
  return file;
}
