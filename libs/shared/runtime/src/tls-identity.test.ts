import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { isAppError } from '@easycerts/core';
import type { Authority } from '@easycerts/pki';
import { damageSet, deliverTestSet, makeAuthority } from '../test/certificate-sets.ts';
import { createLogger } from './logger.ts';
import type { TlsIdentity } from './tls-identity.ts';
import { readTlsIdentity, secureContextOptionsOf, watchTlsIdentity } from './tls-identity.ts';

const base = mkdtempSync(join(tmpdir(), 'tls-identity-'));
const logger = createLogger({ service: 'test', level: 'silent' });
after(() => rmSync(base, { recursive: true, force: true }));
let authority: Authority;
before(async () => {
  authority = await makeAuthority();
});

async function deliver(name: string): Promise<string> {
  const directory = join(base, name);
  await deliverTestSet(directory, authority, { commonName: 'n1' });
  return directory;
}

describe('readTlsIdentity', () => {
  it('reads a set, with the same version until a byte of it changes', async () => {
    const directory = await deliver('plain');
    const first = await readTlsIdentity(directory);
    assert.equal((await readTlsIdentity(directory)).version, first.version);
    await deliver('plain');
    assert.notEqual((await readTlsIdentity(directory)).version, first.version);
  });

  it('asks for TLS 1.3', async () => {
    assert.equal(secureContextOptionsOf(await readTlsIdentity(await deliver('tls13'))).minVersion, 'TLSv1.3');
  });

  it('says NOT_FOUND with the path when the set is not there', async () => {
    await assert.rejects(
      readTlsIdentity(join(base, 'absent')),
      (error) => isAppError(error, 'NOT_FOUND') && error.details.path === join(base, 'absent'),
    );
  });

  for (const file of ['tls.crt', 'tls.key', 'ca.crt'] as const) {
    it(`says DAMAGED when ${file} is damaged, without showing it`, async () => {
      const directory = await deliver(`damaged-${file}`);
      damageSet(directory, file, 'SECRET-OR-NOT');
      await assert.rejects(
        readTlsIdentity(directory),
        (error) => isAppError(error, 'DAMAGED') && !JSON.stringify([error.message, error.details]).includes('SECRET'),
      );
    });
  }

  it('says DAMAGED when the key belongs to another certificate', async () => {
    const [directory, other] = [await deliver('mixed'), await deliver('other')];
    damageSet(directory, 'tls.key', readFileSync(join(other, 'tls.key'), 'utf8'));
    await assert.rejects(readTlsIdentity(directory), (error) => isAppError(error, 'DAMAGED'));
  });

  it('never sees half of a swap', async () => {
    const directory = await deliver('swapped');
    let isDone = false;
    const swaps = (async () => {
      for (let swap = 0; swap < 20; swap += 1) await deliver('swapped');
      isDone = true;
    })();
    while (!isDone) await readTlsIdentity(directory);
    await swaps;
  });
});

describe('watchTlsIdentity', () => {
  it('tells about each new set once, and keeps the old one while the files are damaged', async () => {
    const directory = await deliver('watched');
    const current = await readTlsIdentity(directory);
    const seen: TlsIdentity[] = [];
    let next = Promise.withResolvers<void>();
    const stop = watchTlsIdentity({
      directory,
      current,
      logger,
      intervalMs: 5,
      onChange: (identity) => {
        seen.push(identity);
        next.resolve();
      },
    });
    const keepAlive = setInterval(() => undefined, 1_000);
    try {
      damageSet(directory, 'tls.crt');
      await deliver('watched');
      await next.promise;
      next = Promise.withResolvers<void>();
      await deliver('watched');
      await next.promise;
      assert.equal(new Set(seen.map(({ version }) => version)).size, 2);
      assert.equal(seen.length, 2);
    } finally {
      stop();
      clearInterval(keepAlive);
    }
  });

  it('warns once of a set that cannot be used, and again when the reason is another or it has been well meanwhile', async () => {
    const directory = await deliver('warned');
    const current = await readTlsIdentity(directory);
    const codes: string[] = [];
    let looks = 0;
    const destination = { write: (line: string) => codes.push(JSON.parse(line).err.code) };
    const watched = createLogger({ service: 'test', level: 'debug', destination });
    let changed = Promise.withResolvers<void>();
    const stop = watchTlsIdentity({
      get directory() {
        looks += 1;
        return directory;
      },
      current,
      logger: watched,
      intervalMs: 5,
      onChange: () => changed.resolve(),
    });
    const keepAlive = setInterval(() => undefined, 1_000);
    const someLooks = async () => {
      for (const enough = looks + 12; looks < enough; ) await setTimeout(5);
    };
    try {
      damageSet(directory, 'tls.crt');
      await someLooks();
      assert.deepEqual(codes, ['DAMAGED']);
      rmSync(directory);
      await someLooks();
      assert.deepEqual(codes, ['DAMAGED', 'NOT_FOUND']);
      await deliver('warned');
      await changed.promise;
      changed = Promise.withResolvers();
      rmSync(directory);
      await someLooks();
      assert.deepEqual(codes, ['DAMAGED', 'NOT_FOUND', 'NOT_FOUND']);
    } finally {
      stop();
      clearInterval(keepAlive);
    }
  });
});
