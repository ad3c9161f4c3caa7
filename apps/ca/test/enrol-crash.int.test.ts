/** Enrolment on a real nats-server: contended, interrupted at each of its writes, and two hundred at once. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { parseJoinToken } from '@easycerts/cluster';
import { parseCertificate } from '@easycerts/pki';
import { silentLogger } from '@easycerts/testing';
import { withUse } from '../src/core/token-record.ts';
import { openTokenStore, tokensBucket } from '../src/edge/token-store.ts';
import { type BreakingBus, breakingBus } from './breaking-bus.ts';
import { enrolRequest, tokenRequest } from './enrolling.ts';
import { type CaSite, type StartedCa, startSite } from './running-ca.ts';

let site: CaSite;
before(async () => {
  site = await startSite();
});
after(() => site?.close());

async function issuedTo(ca: StartedCa, host: string): Promise<readonly string[]> {
  const filter = { pageSize: 1_000, pageToken: '', host, name: '', authority: '', onlyValid: false };
  const { certificates } = await ca.client(site.paths.hostIdentity).listCertificates(filter);
  return certificates.map(({ serial }) => serial);
}

async function usesOf(ca: StartedCa, id: string): Promise<readonly string[]> {
  const { tokens } = await ca.tokens.listTokens({});
  return tokens.find((token) => token.id === id)?.usedBy ?? assert.fail();
}

const writes = ['tokens', 'hosts', 'LEDGER'].flatMap((store) =>
  (['before', 'after'] as const).map((when) => ({ store, when })),
);

for (const [position, point] of writes.entries()) {
  const host = `crash${position}`;
  test(`the CA dies ${point.when} its write to ${point.store}: the same request finishes with the next one, nothing twice`, async () => {
    let breaking: BreakingBus | undefined;
    const dying = await site.start({
      wrapBus: (bus) => {
        breaking = breakingBus(bus);
        return breaking.bus;
      },
    });
    const line = (await dying.tokens.createToken({ ...tokenRequest, uses: 2 })).token;
    const request = await enrolRequest(line, host);
    breaking?.arm(point);
    await assert.rejects(dying.enrol(request));
    await dying.close();

    const next = await site.start();
    const answer = await next.enrol({ ...request, requestedAtMs: Date.now() });
    assert.deepEqual(await next.enrol(request), answer);
    assert.deepEqual(await issuedTo(next, host), [answer.serial]);
    assert.deepEqual(await usesOf(next, parseJoinToken(line).id), [host]);
    await next.bus.events.flush(5_000);
    const ids = new Set<string>();
    for await (const { id, subject } of next.bus.readEvents({ from: 'all', follow: false })) {
      if (subject === host || subject === `${host}/host` || subject === parseJoinToken(line).id) ids.add(id);
    }
    const kinds = [...ids].map((id) => id.split(':')[0]).sort();
    assert.deepEqual(
      kinds.filter((kind) => kind !== 'certificate.issued'),
      ['host.joined', 'token.created', 'token.used'],
    );
    await next.close();
  });
}

test('fifty that want the uses of one token at the same time, each by itself: exactly as many get one as there are', async () => {
  const ca = await site.start();
  const uses = 7;
  const { id } = parseJoinToken((await ca.tokens.createToken({ ...tokenRequest, uses })).token);
  const stores = await Promise.all(
    Array.from({ length: 50 }, async () => openTokenStore(await ca.bus.bucket(tokensBucket), silentLogger())),
  );
  const outcomes = await Promise.all(
    stores.map((store, position) =>
      store.change<boolean>(id, (found) => {
        if (found === undefined || found.usedBy.length >= found.uses) return { result: false };
        const requestHash = position.toString(16).padStart(32, '0');
        const use = { host: `r${position}`, requestHash, serial: 'ab', atMs: Date.now() };
        return { token: withUse(found, use), result: true };
      }),
    ),
  );
  assert.equal(outcomes.filter(Boolean).length, uses);
  assert.equal((await usesOf(ca, id)).length, uses);
  await Promise.all(stores.map((store) => store.close()));
  await ca.close();
});

test('two hundred machines join at once with one token: each its own identity, nothing twice', async (context) => {
  const ca = await site.start();
  const { token: line } = await ca.tokens.createToken({ ...tokenRequest, uses: 200 });
  const names = Array.from({ length: 200 }, (_, i) => `burst${i}`);
  const requests = await Promise.all(names.map((name) => enrolRequest(line, name)));
  const startedMs = performance.now();
  const answers = await Promise.all(requests.map((request) => ca.enrol(request)));
  const durationMs = performance.now() - startedMs;
  context.diagnostic(`${Math.round(durationMs)} ms, ${Math.round(200_000 / durationMs)} hosts/s`);
  assert.deepEqual(
    answers.map(({ certificateDer }) => parseCertificate(certificateDer).subject.commonName),
    names,
  );
  assert.equal(new Set(answers.map(({ serial }) => serial)).size, 200);
  assert.deepEqual(new Set(await usesOf(ca, parseJoinToken(line).id)), new Set(names));
  await ca.close();
});
