/**
 * One thread, no network: CSR bytes → read, verified, decided, signed, checked by itself → what would be recorded.
 * `core.ts <count>` prints the seconds of processor that the thread took, as JSON, as `openssl speed` counts.
 */

import { randomBytes } from 'node:crypto';
import { resolveCertificates } from '@easycerts/cluster';
import { authorise } from '../../apps/ca/src/core/policy.ts';
import { issueChecked } from '../../apps/ca/src/edge/issue-checked.ts';
import { config, makeAuthorities, node, paths, registered, requestFor, specOf } from '../../apps/ca/test/fixture.ts';
import { manyCsrs } from './many-csrs.ts';

const warmUp = 2_000;
const count = Number(process.argv[2] ?? 5_000);
const name = 'kubelet';
const now = new Date();
const authorities = await makeAuthorities(now);
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
  const decision = authorise(attempt, facts);
  if (decision.kind !== 'allow') throw new Error(JSON.stringify(decision));
  await issueChecked(decision.request, { authorities, now, randomBytes });
}

for (const csrDer of csrs.slice(0, warmUp)) await issue(csrDer);
const before = process.threadCpuUsage();
for (const csrDer of csrs.slice(warmUp)) await issue(csrDer);
const { user, system } = process.threadCpuUsage(before);
const seconds = (user + system) / 1e6;
process.stdout.write(`${JSON.stringify({ count, seconds })}\n`);
