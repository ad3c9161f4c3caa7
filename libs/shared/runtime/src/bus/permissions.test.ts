import assert from 'node:assert/strict';
import test from 'node:test';
import { isAppError } from '@easycerts/core';
import type { BusIdentity } from './permissions.ts';
import { accessOf, automationConsumerOf, inboxPrefixOf } from './permissions.ts';
import { patternsOverlap, subjectMatches } from './subject-filter.ts';
import {
  deniedToAutomationToPublish,
  deniedToAutomationToSubscribe,
  deniedToPublish,
  deniedToSubscribe,
} from './testing/denied-subjects.ts';

const master: BusIdentity = { kind: 'master', id: 'm1' };
const node: BusIdentity = { kind: 'node', id: 'n1' };
const automation: BusIdentity = { kind: 'automation', id: 'a1' };
const everyone = [master, node, automation];

/** As nats-server decides: allowed by a pattern, and denied by none. */
function mayPublish(identity: BusIdentity, subject: string): boolean {
  return isWithin(accessOf(identity).publish, subject);
}

/** A subscription must lie within an allowed pattern; every pattern of ours is one token or the rest of the subject. */
function maySubscribe(identity: BusIdentity, subject: string): boolean {
  return isWithin(accessOf(identity).subscribe, subject);
}

function isWithin(
  rules: { readonly allow: readonly string[]; readonly deny: readonly string[] },
  subject: string,
): boolean {
  return (
    rules.allow.some((rule) => subjectMatches(rule, subject)) &&
    !rules.deny.some((rule) => subjectMatches(rule, subject))
  );
}

test('masters are in CORE, all others in NODES', () => {
  assert.deepEqual(
    everyone.map((identity) => accessOf(identity).account),
    ['CORE', 'NODES', 'NODES'],
  );
});

test('no allow-list is empty, which nats-server would read as everything', () => {
  for (const identity of everyone) {
    for (const rules of [accessOf(identity).publish, accessOf(identity).subscribe]) {
      assert.ok(rules.allow.length > 0);
      assert.ok(rules.allow.every((rule) => rule.length > 0));
    }
  }
});

test('the user name says role and id', () => {
  assert.deepEqual(
    everyone.map((identity) => accessOf(identity).user),
    ['masters/m1', 'nodes/n1', 'automation/a1'],
  );
});

test('a master may do everything but the system account', () => {
  for (const subject of [
    'easycerts.v1.cluster.ca.started',
    '$JS.API.STREAM.CREATE.X',
    '$KV.cluster.roots',
    '_INBOX_m1.a',
  ]) {
    assert.equal(mayPublish(master, subject), true, subject);
    assert.equal(maySubscribe(master, subject), true, subject);
  }
  for (const subject of ['$SYS.REQ.USER.AUTH', '$SYS.REQ.SERVER.PING', '$SYS.ACCOUNT.CORE.CONNECT']) {
    assert.equal(mayPublish(master, subject), false, subject);
    assert.equal(maySubscribe(master, subject), false, subject);
  }
});

const nodeMayPublish = ['easycerts.v1.host.n1.certificate.renewed', 'EC.API.DIRECT.GET.KV_hosts.$KV.hosts.n1.config'];
for (const subject of nodeMayPublish) {
  test(`a node may publish ${subject}`, () => assert.equal(mayPublish(node, subject), true));
}

for (const subject of deniedToPublish) {
  test(`a node may not publish ${subject}`, () => assert.equal(mayPublish(node, subject), false));
}

test('a node hears answers to itself and its own values, and nothing else', () => {
  for (const subject of ['_INBOX_n1.a.b', '$KV.hosts.n1.config']) {
    assert.equal(maySubscribe(node, subject), true, subject);
  }
  assert.equal(accessOf(node).subscribe.allow.length, 2);
});

for (const subject of deniedToSubscribe) {
  test(`a node may not subscribe ${subject}`, () => assert.equal(maySubscribe(node, subject), false));
}

test('automation reads its own consumer', () => {
  for (const subject of [
    'EC.API.CONSUMER.INFO.EVENTS.auto_a1',
    'EC.API.CONSUMER.MSG.NEXT.EVENTS.auto_a1',
    '$JS.ACK.EVENTS.auto_a1.1.2.3.4.5',
  ]) {
    assert.equal(mayPublish(automation, subject), true, subject);
  }
  assert.equal(maySubscribe(automation, '_INBOX_auto_a1.x'), true);
});

for (const subject of deniedToAutomationToPublish) {
  test(`automation may not publish ${subject}`, () => assert.equal(mayPublish(automation, subject), false));
}

for (const subject of deniedToAutomationToSubscribe) {
  test(`automation may not subscribe ${subject}`, () => assert.equal(maySubscribe(automation, subject), false));
}

test('a node and an automation of the same name share nothing', () => {
  const rulesOf = (identity: BusIdentity) => {
    const { publish, subscribe } = accessOf(identity);
    return [...publish.allow, ...subscribe.allow];
  };
  const [ofNode, ofAutomation] = [rulesOf(node), rulesOf({ kind: 'automation', id: 'n1' })];
  assert.ok(!ofNode.some((rule) => ofAutomation.some((other) => patternsOverlap(rule, other))));
});

test('no two identities may subscribe to the inbox of one another', () => {
  const all: readonly BusIdentity[] = [
    node,
    automation,
    { kind: 'node', id: 'a1' },
    { kind: 'node', id: 'n1-x' },
    { kind: 'node', id: 'auto-a1' },
  ];
  for (const one of all) {
    for (const other of all) {
      assert.equal(maySubscribe(one, `${inboxPrefixOf(other)}.x`), one === other, `${one.id} on ${other.id}`);
    }
  }
});

const hostileIds: Readonly<Record<string, string>> = {
  empty: '',
  'a wildcard token': '*',
  'the rest of the subject': '>',
  'a dot that adds a token': 'n1.n2',
  'a dot and a wildcard': 'n1.>',
  'a leading dot': '.n1',
  'a trailing dot': 'n1.',
  'a space': 'n1 n2',
  'a tab': 'n1\tn2',
  'a line feed at the end': 'n1\n',
  'protocol injection': 'n1\r\nPUB x 1\r\n',
  'a NUL': 'n1\0',
  'upper case, another token for the same host': 'N1',
  'the prefix of a consumer of automation': 'auto_a1',
  'a dollar sign': '$SYS',
  'a quotation mark': 'n1"',
  'a backslash': 'n1\\',
  'a letter that looks alike': 'n１',
  'a combining mark': 'né',
  'a leading hyphen': '-n1',
  'a trailing hyphen': 'n1-',
  'a template of nats-server': '{{name()}}',
  'longer than a DNS label': 'n'.repeat(64),
  'very long': 'n'.repeat(100_000),
};
for (const [name, id] of Object.entries(hostileIds)) {
  test(`refuses an id for every kind: ${name}`, () => {
    for (const kind of ['master', 'node', 'automation'] as const) {
      assert.throws(
        () => accessOf({ kind, id }),
        (error) => isAppError(error, 'INVALID_INPUT') && error.message.length < 700,
      );
    }
  });
}

test('a kind that does not exist gets nothing', () => {
  assert.throws(
    () => accessOf({ kind: 'admin', id: 'n1' } as unknown as BusIdentity),
    (error) => isAppError(error, 'INTERNAL'),
  );
});

test('every rule of a node and of automation is bound to its own name', () => {
  for (const identity of [node, automation]) {
    const { publish, subscribe } = accessOf(identity);
    for (const rule of [...publish.allow, ...subscribe.allow]) {
      assert.ok(
        rule
          .split('.')
          .some((token) => [identity.id, automationConsumerOf(identity.id), inboxPrefixOf(identity)].includes(token)),
        rule,
      );
      assert.ok(!rule.includes('*'), rule);
    }
  }
});
