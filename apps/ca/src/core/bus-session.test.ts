import assert from 'node:assert/strict';
import { test } from 'node:test';
import { master, node, registered } from '../../test/fixture.ts';
import { type BusSession, isOutdated, type MembershipFacts } from './bus-session.ts';

const hosts = [registered(master), registered(node), registered({ ...node, name: 'n3' }, true)];
const facts: MembershipFacts = {
  isRevoked: (fingerprint) => fingerprint === 'dead',
  host: (name) => hosts.find(({ record }) => record.name === name),
  automation: (name) => (name === 'backup' ? 'beef' : undefined),
};
const session = (user: string, fingerprint = 'f'): BusSession => ({ user, fingerprint });

const rows: readonly [string, BusSession, boolean][] = [
  ['a node of the register stays', session('nodes/n1'), false],
  ['a master of the register stays', session('masters/m1'), false],
  ['an automation with its certificate stays', session('automation/backup', 'beef'), false],
  ['a user that nats-server knows by itself stays', session('UAUTHKEY'), false],
  ['a connection that is being decided stays', session('', ''), false],
  ['a revoked certificate goes, whoever it is', session('nodes/n1', 'dead'), true],
  ['a revoked certificate goes while it is being decided', session('', 'dead'), true],
  ['a revoked certificate of an automation goes', session('automation/backup', 'dead'), true],
  ['a node that is not in the register any more goes', session('nodes/n2'), true],
  ['a revoked host goes', session('nodes/n3'), true],
  ['a node that has been a master goes', session('masters/n1'), true],
  ['a master that has been a node goes', session('nodes/m1'), true],
  ['an automation that is no more goes', session('automation/other', 'beef'), true],
  ['an automation with an older certificate goes', session('automation/backup', 'f'), true],
  ['an automation called like a host goes', session('automation/n1', 'f'), true],
  ['a host called like an automation goes', session('nodes/backup', 'beef'), true],
  ['a group without a name goes', session('nodes/'), true],
];
for (const [name, of, expected] of rows) {
  test(name, () => assert.equal(isOutdated(of, facts), expected));
}
