/** The hash of a file, which may be an archive of images: read piece by piece, for all of it would be in memory at once. */

import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const pieceBytes = 64 * 1024;

/** What `hashOf` says of its contents. Throws when it cannot be read. */
export function hashOfFile(path: string): string {
  const file = openSync(path, 'r');
  try {
    const hash = createHash('sha256').update(`${fstatSync(file).size}:`);
    const piece = Buffer.allocUnsafeSlow(pieceBytes);
    for (;;) {
      const bytes = readSync(file, piece);
      if (bytes === 0) return hash.digest('hex').slice(0, 40);
      hash.update(piece.subarray(0, bytes));
    }
  } finally {
    closeSync(file);
  }
}
