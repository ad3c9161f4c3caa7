/** The enrolments of an attacker: each is right but for one thing. */

import { randomBytes } from 'node:crypto';
import { type EnrolmentCall, enrolmentCall } from './call-enrolment.ts';
import { makeCsr, weakKey, withBrokenSignature } from './csr.ts';

/** Tokens as `ca token create` printed them. */
export interface TokensForAttack {
  /** For one node of any name, and not used. */
  readonly good: string;
  readonly used: string;
  readonly expired: string;
  readonly revoked: string;
  /** For a node of another name only. */
  readonly bound: string;
  /** Of another cluster. */
  readonly foreign: string;
}

export interface EnrolmentAttack {
  readonly title: string;
  readonly call: EnrolmentCall;
  /** The deny reason, of the closed list. */
  readonly reason: string;
}

const dayMs = 86_400_000;

/** By somebody who wants to become the host `name`; `node` and `master` are hosts of the cluster. */
export async function enrolmentAttacks(
  folder: string,
  tokens: TokensForAttack,
  { master, name, node }: { readonly name: string; readonly node: string; readonly master: string },
): Promise<readonly EnrolmentAttack[]> {
  const csrOf = (host: string, ...extensions: readonly string[]): Promise<Uint8Array> =>
    makeCsr(folder, { subject: `/O=easycerts:nodes/CN=${host}`, extensions });
  const own = await csrOf(name);
  const as = async (host: string): Promise<EnrolmentCall> =>
    enrolmentCall(tokens.good, { host, csrDer: await csrOf(host) });
  const by = (token: string, changed: Partial<EnrolmentCall> = {}): EnrolmentCall => ({
    ...enrolmentCall(token, { host: name, csrDer: own }),
    ...changed,
  });
  const asking = (csrDer: Uint8Array): EnrolmentCall => enrolmentCall(tokens.good, { host: name, csrDer });
  const masters = await makeCsr(folder, { subject: `/O=easycerts:masters/CN=${name}` });
  const rows: readonly (readonly [title: string, reason: string, call: EnrolmentCall])[] = [
    ['a token of another cluster', 'token-unknown', by(tokens.foreign)],
    ['a wrong secret', 'token-unknown', by(tokens.good, { secretBase64: randomBytes(32).toString('base64') })],
    ['the id of another token', 'token-unknown', by(tokens.good, { tokenId: by(tokens.used).tokenId })],
    ['half a secret', 'malformed', by(tokens.good, { secretBase64: randomBytes(16).toString('base64') })],
    ['an expired token', 'token-expired', by(tokens.expired)],
    ['a used token', 'token-used', by(tokens.used)],
    ['a revoked token', 'token-revoked', by(tokens.revoked)],
    ['a token for another name', 'token-name', by(tokens.bound)],
    ['the token of a node for a master', 'token-role', by(tokens.good, { role: 'master' })],
    ['a role that there is not', 'malformed', by(tokens.good, { role: 'admin' })],
    ['the name of a node', 'name-taken', await as(node)],
    ['the name of the master', 'name-taken', await as(master)],
    ['a name that is a path', 'malformed', by(tokens.good, { host: '../m1' })],
    ['a request of yesterday', 'stale', by(tokens.good, { requestedAtMs: Date.now() - dayMs })],
    ['a request for another host', 'subject', asking(await csrOf(node))],
    ['a request for a master', 'subject', asking(masters)],
    ['a name that it wants besides', 'names', asking(await csrOf(name, `subjectAltName=DNS:${master}`))],
    ['CA:TRUE', 'ca-requested', asking(await csrOf(name, 'basicConstraints=critical,CA:TRUE'))],
    [
      'a weak key',
      'weak-key',
      asking(await makeCsr(folder, { subject: `/O=easycerts:nodes/CN=${name}`, key: weakKey })),
    ],
    ['a broken signature', 'bad-signature', asking(withBrokenSignature(own))],
    ['no request at all', 'malformed', asking(new Uint8Array([0x30, 0x00]))],
  ];
  return rows.map(([title, reason, call]) => ({ title, reason, call }));
}
