/** Somebody wants to become a host who must not: every token and every request is refused for its own reason, and recorded. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { encodeJoinToken, parseJoinToken } from '@easycerts/cluster';
import { type CallPlace, callCaFrom } from '../../src/call-ca.ts';
import { callEnrolment, type EnrolmentAnswer, enrolmentCall } from '../../src/call-enrolment.ts';
import { makeCsr, makeRequest } from '../../src/csr.ts';
import { type EnrolmentAttack, enrolmentAttacks, type TokensForAttack } from '../../src/enrolment-attacks.ts';
import { eventually } from '../../src/eventually.ts';
import { makeAuthority, makeLeaf } from '../../src/foreign-pki.ts';
import { listIssued } from '../../src/issued.ts';
import { runFolder } from '../../src/place.ts';
import { collect, startCommand } from '../../src/run-command.ts';
import { step } from '../../src/step.ts';
import { stealIdentity } from '../../src/stolen-identity.ts';
import {
  allIn,
  audit,
  cluster,
  createToken,
  joinHost,
  listHosts,
  master,
  nodeComponents,
  nodesReady,
  unitStates,
} from './cluster.ts';

const folder = join(runFolder(), 'three-hosts.attacks');
/** From where it is tried, and which machine is to be joined. */
const accomplice = 'n1';
const machine = 'n2';
/** A host that there is not. */
const stranger = 'n9';

const place = (): CallPlace => ({
  pid: cluster.host(accomplice).init()?.pid ?? assert.fail(`${accomplice} is off`),
  endpoint: `${cluster.host(master).address}:7445`,
});
const trustedCaPem = (): string => readFileSync(join(folder, accomplice, 'ca.crt'), 'utf8');
const reasonOf = (answer: EnrolmentAnswer | undefined): string =>
  answer?.kind === 'refused' ? answer.reason : `answered ${answer?.serial}`;
const serials = async (): Promise<readonly string[]> => (await listIssued(cluster)).map(({ serial }) => serial);

let tokens: TokensForAttack;
let issued: readonly string[];

before(async () => {
  await stealIdentity(cluster.host(accomplice), join(folder, accomplice));
  await cluster.host(machine).mustExec(['joiner', 'leave'], { timeoutMs: 180_000 });
  tokens = await makeTokens();
  issued = await serials();
});

step('enrolments that are not in order', cluster, () => {
  let attacks: readonly EnrolmentAttack[] = [];

  test('each is refused for its own reason', async () => {
    attacks = await enrolmentAttacks(folder, tokens, { name: stranger, node: accomplice, master });
    const answers = await callEnrolment(
      place(),
      trustedCaPem(),
      attacks.map(({ call }) => call),
    );
    assert.deepEqual(
      attacks.map(({ title }, index) => `${title}: ${reasonOf(answers[index])}`),
      attacks.map(({ reason, title }) => `${title}: ${reason}`),
    );
  });

  test('each is on the audit trail, with its token, its name and from where, and without the secret', async () => {
    const { address } = cluster.host(accomplice);
    await eventually('the audit trail', async () => {
      const trail = await audit();
      const seen = trail
        .filter(({ type, data }) => type === 'easycerts.token.refused' && String(data.peer).includes(address))
        .map(({ data }) => `${data.tokenId} ${data.host} ${data.reason}`);
      const missing = attacks
        .map(({ call, reason }) => `${call.tokenId} ${call.host} ${reason}`)
        .filter((line) => !seen.includes(line));
      if (missing.length > 0) throw new Error(`not on the trail: ${missing.join(', ')}`);
      for (const token of Object.values(tokens)) assert.ok(!JSON.stringify(trail).includes(secretOf(token)));
      return true;
    });
  });

  test('guessing is slowed down for whoever guesses', async () => {
    const csrDer = await makeCsr(folder, { subject: `/O=easycerts:nodes/CN=${stranger}` });
    const guess = (): string => Buffer.from(randomBytes(32)).toString('base64');
    const calls = Array.from({ length: 40 }, () => ({
      ...enrolmentCall(tokens.good, { csrDer, host: stranger }),
      secretBase64: guess(),
    }));
    // with the right token, too: whoever has guessed does not learn that he was right
    const right = enrolmentCall(tokens.good, { csrDer, host: stranger });
    const reasons = (await callEnrolment(place(), trustedCaPem(), [...calls, right])).map(reasonOf);
    assert.deepEqual(reasons.slice(-2), ['rate-limited', 'rate-limited'], reasons.join(', '));
  });

  test('a token for a master is not made, and none for the name of a master', async () => {
    for (const words of [
      ['--role', 'master'],
      ['--name', master],
    ]) {
      const { code, stdout } = await cluster.exec(['ca', 'token', 'create', ...words]);
      assert.notEqual(code, 0);
      assert.equal(stdout, '');
    }
  });

  test('nothing was issued for any of them, nobody is in the register, and the good token is good', nothingHappened);
});

step('a machine that is given such a token', cluster, () => {
  const rows = [
    ['expired', (all: TokensForAttack) => all.expired, /the token was valid until/],
    ['used', (all: TokensForAttack) => all.used, /the token was for one host, which has joined/],
    ['revoked', (all: TokensForAttack) => all.revoked, /the token was revoked/],
    ['for another name', (all: TokensForAttack) => all.bound, /the token is for another name/],
    ['of another cluster', (all: TokensForAttack) => all.foreign, /is not the cluster.s: somebody may be in between/],
  ] as const;
  for (const [title, choose, message] of rows) {
    test(`${title}: it says so, runs nothing, and keeps nothing of it`, async () => {
      const { code, stderr } = await joinHost(machine, choose(tokens), '--timeout', '90s');
      assert.equal(code, 1, stderr);
      assert.match(stderr, message);
      assert.match(stderr, /^ +do: /m);
      await keepsNothing();
    });
  }

  test('a CA with another key than the token says never hears of it', async () => {
    const { id } = parseJoinToken(tokens.foreign);
    const heard = (await audit()).filter(({ data, type }) => type === 'easycerts.token.refused' && data.tokenId === id);
    // the one that was sent by hand before
    assert.deepEqual(
      heard.map(({ data }) => data.host),
      [stranger],
    );
  });
});

step('somebody in the middle', cluster, () => {
  const port = 7446;
  const divert = (verb: string): readonly string[] => [
    ...['iptables', '--table', 'nat', verb, 'OUTPUT', '--protocol', 'tcp', '--dport', '7445'],
    ...['--destination', cluster.host(master).address, '--jump', 'DNAT'],
    ...['--to-destination', `${cluster.host(accomplice).address}:${port}`],
  ];
  before(async () => {
    const names = `DNS:${master},DNS:localhost,IP:${cluster.host(master).address}`;
    await makeAuthority(folder, 'easycerts');
    await makeLeaf(folder, 'easycerts', {
      name: 'intruder',
      subject: '/CN=easycerts-ca',
      usages: ['serverAuth'],
      names,
    });
    await cluster.host(machine).mustExec(divert('--append'));
  });
  after(() => cluster.host(machine).exec(divert('--delete')));

  const own = (): string => readFileSync(join(folder, 'easycerts.crt'), 'utf8');
  for (const [title, shown] of [
    ['with a CA of his own', own],
    ['who shows the real CA beside his own', () => `${own()}${trustedCaPem()}`],
    ['who shows the real CA alone', trustedCaPem],
  ] as const) {
    test(`${title} gets nothing: the machine does not say a word`, async () => {
      writeFileSync(join(folder, 'chain.crt'), `${readFileSync(join(folder, 'intruder.crt'), 'utf8')}${shown()}`);
      const files = [join(folder, 'chain.crt'), join(folder, 'intruder.key')];
      const program = [process.execPath, join(import.meta.dirname, '../../src/tls-intruder.ts')];
      const words = ['nsenter', '--target', String(place().pid), '--net', ...program, String(port), place().endpoint];
      const intruder = startCommand([...words, ...files]);
      const told = collect(intruder);
      try {
        await eventually('the intruder', () => told().stdout.includes('listening'));
        const { code, stderr } = await joinHost(machine, tokens.good, '--timeout', '90s');
        assert.equal(code, 1, stderr);
        assert.match(told().stdout, /"connection"/);
        assert.ok(!told().stdout.includes('"heard"'), told().stdout);
      } finally {
        intruder.kill();
      }
      await keepsNothing();
    });
  }

  test('nothing was issued, and the token is as good as before', nothingHappened);
});

step('an enrolment that is repeated', cluster, () => {
  test('gets the same certificate while nobody has used it, and nothing afterwards', async () => {
    const token = await createToken('--name', stranger);
    const { csrDer, keyFile } = await makeRequest(folder, { subject: `/O=easycerts:nodes/CN=${stranger}` });
    const call = enrolmentCall(token, { csrDer, host: stranger });
    // not from where there was guessing
    const from = { ...place(), pid: cluster.host(machine).init()?.pid ?? assert.fail(`${machine} is off`) };
    const [one, again] = await callEnrolment(from, trustedCaPem(), [call, call]);
    assert.ok(one?.kind === 'answered' && again?.kind === 'answered');
    assert.equal(again.serial, one.serial);
    // the thief has seen everything but the key; the host uses its identity
    const identity = identityOf(one, keyFile);
    const mtls = { ...from, endpoint: `${cluster.host(master).address}:7443` };
    assert.equal((await callCaFrom(mtls, identity, [{ kind: 'list' }]))[0]?.kind, 'answered');
    const late = await callEnrolment(from, trustedCaPem(), [call, { ...call, requestedAtMs: Date.now() }]);
    assert.deepEqual(late.map(reasonOf), ['replayed', 'replayed']);
    const other = enrolmentCall(token, { csrDer, host: stranger });
    assert.equal(reasonOf((await callEnrolment(from, trustedCaPem(), [other]))[0]), 'token-used');
    assert.deepEqual(await serials(), [one.serial, ...issued]);
    await cluster.mustExec(['ca', 'host', 'remove', stranger]);
    const after = await callCaFrom(mtls, identity, [{ kind: 'list' }]);
    assert.equal(after[0]?.kind === 'refused' ? after[0].reason : '', 'certificate-revoked');
  });
});

step('after all of it', cluster, () => {
  test('the machine joins with the good token, and all nodes are Ready', async () => {
    const { code, stderr } = await joinHost(machine, tokens.good);
    assert.equal(code, 0, stderr);
    await nodesReady([master, accomplice, machine], 5_000);
  });
});

async function makeTokens(): Promise<TokensForAttack> {
  const used = await createToken();
  assert.equal((await joinHost(machine, used)).code, 0);
  await cluster.host(machine).mustExec(['joiner', 'leave'], { timeoutMs: 180_000 });
  const revoked = await createToken();
  await cluster.mustExec(['ca', 'token', 'revoke', parseJoinToken(revoked).id]);
  const expired = await createToken('--ttl', '1s');
  await eventually('a token to expire', async () => (await stateOf(expired)) === 'expired');
  const good = await createToken();
  const random = (bytes: number): string => randomBytes(bytes).toString('hex');
  const foreign = { ...parseJoinToken(good), id: random(6), secret: randomBytes(32), pin: random(32) };
  return { used, revoked, expired, good, bound: await createToken('--name', 'n3'), foreign: encodeJoinToken(foreign) };
}

async function stateOf(token: string): Promise<string | undefined> {
  const { id } = parseJoinToken(token);
  const printed = await cluster.mustExec(['ca', 'token', 'list', '--json']);
  return (JSON.parse(printed) as readonly { id: string; state: string }[]).find((each) => each.id === id)?.state;
}

function secretOf(token: string): string {
  return Buffer.from(parseJoinToken(token).secret).toString('base64url');
}

async function nothingHappened(): Promise<void> {
  assert.deepEqual(await serials(), issued);
  assert.deepEqual((await listHosts()).map(({ name }) => name).toSorted(), [master, accomplice]);
  assert.equal(await stateOf(tokens.good), 'valid');
}

async function keepsNothing(): Promise<void> {
  const units = nodeComponents.filter((unit) => unit !== 'containerd');
  assert.deepEqual(await unitStates(machine, units), allIn('inactive', units));
  const kept = 'ls -A /var/lib/kubernetes/secrets; ls -d /var/lib/easycerts/host /etc/easycerts/received 2> /dev/null';
  assert.equal((await cluster.host(machine).exec(['sh', '-c', kept])).stdout, '');
}

/** The identity as the host has it. */
function identityOf(answer: EnrolmentAnswer & { readonly kind: 'answered' }, keyFile: string): string {
  const identity = join(folder, `${stranger}.identity`);
  mkdirSync(identity, { recursive: true, mode: 0o700 });
  writeFileSync(join(identity, 'tls.crt'), answer.certificatePem);
  writeFileSync(join(identity, 'ca.crt'), answer.trustBundlePem);
  copyFileSync(keyFile, join(identity, 'tls.key'));
  return identity;
}
