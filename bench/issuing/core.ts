/**
 * No network, no ledger: CSR bytes → read, verified, decided, signed, checked by itself → what would be recorded.
 * `core.ts <count>` prints the seconds of processor that all threads took together, as JSON, as `openssl speed` counts.
 */

import { randomBytes } from 'node:crypto';
import { resolveCertificates } from '@easycerts/cluster';
import { authorise, readCsr } from '../../apps/ca/src/core/policy.ts';
import { issueChecked } from '../../apps/ca/src/edge/issue-checked.ts';
import { signingInPlace } from '../../apps/ca/src/edge/signing/signing.ts';
import { config, makeAuthorities, node, paths, registered, requestFor, specOf } from '../../apps/ca/test/fixture.ts';
import { manyCsrs } from './many-csrs.ts';

const warmUp = 2_000;
const count = Number(process.argv[2] ?? 5_000);
const name = 'kubelet';
const now = new Date();
const authorities = await makeAuthorities(now);
const signing = signingInPlace(authorities);
const host = registered(node);
const list = resolveCertificates(config, node, paths);
const model = { ...(await requestFor(node, name)), requestedAtMs: now.getTime() };
const csrs = await manyCsrs(specOf(node, name), warmUp + count);
const facts = { certificatesOf: () => list, useOfKey: () => undefined };

async function issue(csrDer: Uint8Array): Promise<void> {
  const attempt = {
    request: { ...model, csrDer },
    caller: { host: node.name, role: 'node' as const },
    host,
    isCertificateRevoked: false,
    isWithinRate: true,
    now,
  };
  const csr = readCsr(csrDer);
  const decision = authorise({ ...attempt, csr }, facts);
  if (decision.kind !== 'allow') throw new Error(JSON.stringify(decision));
  await issueChecked(decision.request, { authorities, signing, now, randomBytes });
}

/** As requests come: many at once. */
async function issueAll(all: readonly Uint8Array[]): Promise<void> {
  const rest = all.values();
  const work = async (): Promise<void> => {
    for (const csrDer of rest) await issue(csrDer);
  };
  await Promise.all(Array.from({ length: 16 }, work));
}

await issueAll(csrs.slice(0, warmUp));
const before = process.cpuUsage();
await issueAll(csrs.slice(warmUp));
const { user, system } = process.cpuUsage(before);
const seconds = (user + system) / 1e6;
process.stdout.write(`${JSON.stringify({ count, seconds })}\n`);
