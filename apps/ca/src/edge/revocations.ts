/** The revoked certificates: bucket `revocations` of the bus, followed live. */

import { isAppError } from '@easycerts/core';
import type { KeyValueBucket, Logger } from '@easycerts/runtime';
import { decodeRevocation, encodeRevocation, isOver, type Revocation } from '../core/revocation.ts';

export const revocationsBucket = 'revocations';

export interface Revocations {
  /** Whether the certificate of this serial number is revoked. */
  has(serial: string): boolean;
  /** What is known of it; undefined when it is not revoked, or its entry is damaged. */
  find(serial: string): Revocation | undefined;
  /** Whether a revoked certificate has this SHA-256. */
  hasFingerprint(fingerprint: string): boolean;
  /** Those of one host, or of `automation/<name>`. */
  of(host: string): readonly Revocation[];
  /** Every serial number that is revoked; undefined: its entry is damaged. */
  entries(): Iterable<readonly [serial: string, revocation: Revocation | undefined]>;
  readonly size: number;
  /** Revokes, each once: resolves when all are durable, with what stands there then. */
  revoke(revocations: readonly Revocation[]): Promise<readonly Revocation[]>;
  /** Drops what nobody can use any more at `now`. */
  forgetExpired(now: Date): Promise<void>;
  close(): Promise<void>;
}

/** Reads the bucket and follows it; `onRevoked` hears of every revocation from then on. AppError UNAVAILABLE without the bus. */
export async function openRevocations(
  bucket: KeyValueBucket,
  logger: Logger,
  onRevoked: () => void = () => undefined,
): Promise<Revocations> {
  /** Undefined: the entry is damaged, and the certificate revoked all the same. */
  const bySerial = new Map<string, Revocation | undefined>();
  const fingerprints = new Set<string>();
  const take = (serial: string, value: Uint8Array | undefined): void => {
    // A deletion only tidies up: nothing that is valid becomes trusted again by it.
    if (value === undefined || bySerial.get(serial) !== undefined) return;
    try {
      const revocation = decodeRevocation(serial, value);
      bySerial.set(serial, revocation);
      fingerprints.add(revocation.fingerprint);
    } catch (err) {
      bySerial.set(serial, undefined);
      logger.error({ err }, 'a revocation is damaged: the certificate stays revoked');
    }
  };
  for (const { key, value } of await bucket.entries()) take(key, value);
  const stopWatching = await bucket.watch((key, value) => {
    const isNew = value !== undefined && !bySerial.has(key);
    take(key, value);
    if (isNew) onRevoked();
  });
  const drop = ({ serial, fingerprint }: Revocation): void => {
    bySerial.delete(serial);
    fingerprints.delete(fingerprint);
  };
  return {
    has: (serial) => bySerial.has(serial),
    find: (serial) => bySerial.get(serial),
    hasFingerprint: (fingerprint) => fingerprints.has(fingerprint),
    entries: () => bySerial.entries(),
    of: (host) =>
      [...bySerial.values()].filter(
        (revocation) => revocation !== undefined && revocation.host === host,
      ) as Revocation[],
    get size() {
      return bySerial.size;
    },
    async revoke(revocations) {
      for (const revocation of revocations) {
        const { serial } = revocation;
        if (bySerial.has(serial)) continue;
        const value = encodeRevocation(revocation);
        try {
          await bucket.create(serial, value);
          take(serial, value);
        } catch (error) {
          // Somebody else has revoked it.
          if (!isAppError(error, 'CONFLICT')) throw error;
          take(serial, (await bucket.get(serial))?.value ?? value);
        }
      }
      if (revocations.length > 0) onRevoked();
      return revocations.map((revocation) => bySerial.get(revocation.serial) ?? revocation);
    },
    async forgetExpired(now) {
      for (const revocation of [...bySerial.values()]) {
        if (revocation === undefined || !isOver(revocation, now)) continue;
        await bucket.delete(revocation.serial);
        drop(revocation);
      }
    },
    close: stopWatching,
  };
}
