import assert from 'node:assert/strict';
import test from 'node:test';
import type { LogObservation } from './nats-log-line.ts';
import { parseNatsLogLine } from './nats-log-line.ts';

const head = '[7] 2020/01/01 12:00:00.123456 [ERR] 10.0.0.5:4711 - cid:13 - ';
const client = '"v3.4.0:nats.js:certmgr@n1" - "NODES/user:nodes/n1" - ';
const seen: LogObservation = {
  kind: 'publish',
  time: new Date('2020-01-01T12:00:00.123Z'),
  address: '10.0.0.5',
  port: 4711,
  connection: 13,
  subject: 'easycerts.v1.host.n2.x',
  detail: 'not permitted',
};

const read: Readonly<Record<string, readonly [line: string, expected: Partial<LogObservation>]>> = {
  'a publication': [`${head}${client}Publish Violation - Subject "easycerts.v1.host.n2.x"`, {}],
  'a subscription': [
    `${head}${client}Subscription Violation - Subject "a.>", SID 1`,
    { kind: 'subscribe', subject: 'a.>' },
  ],
  'a subscription with a queue': [
    `${head}${client}Subscription Violation - Subject "a.>", Queue: "q", SID 12`,
    { kind: 'subscribe', subject: 'a.>' },
  ],
  'a forbidden reply subject': [`${head}${client}Publish Violation - Reply "_INBOX.x"`, { subject: '_INBOX.x' }],
  'a client without a name': [`${head}"NODES/user:nodes/n1" - Publish Violation - Subject "a"`, { subject: 'a' }],
  'a client of which nothing is known': [`${head}Publish Violation - Subject "a"`, { subject: 'a' }],
  'an IPv6 address': [
    `${head.replace('10.0.0.5', '[2001:db8::5]')}${client}Publish Violation - Subject "a"`,
    { address: '2001:db8::5', subject: 'a' },
  ],
  'a certificate of another CA': [
    `${head}TLS handshake error: tls: failed to verify certificate: x509: certificate signed by unknown authority (CN=m1 SHA-256: 00)`,
    {
      kind: 'connection',
      subject: '',
      detail:
        'TLS handshake error: tls: failed to verify certificate: x509: certificate signed by unknown authority (CN=m1 SHA-256: 00)',
    },
  ],
  'no certificate': [
    `${head}TLS handshake error: tls: client didn't provide a certificate`,
    { kind: 'connection', subject: '', detail: "TLS handshake error: tls: client didn't provide a certificate" },
  ],
  'a wrong signature for a key that the server knows': [
    `${head}authentication error - Nkey "UABC"`,
    { kind: 'connection', subject: '', detail: 'authentication error - Nkey "UABC"' },
  ],
  'a subject with a quotation mark, as Go writes it': [
    `${head}${client}Publish Violation - Subject "a\\"b"`,
    { subject: 'a"b' },
  ],
};
for (const [name, [line, expected]] of Object.entries(read)) {
  test(`reads ${name}`, () => assert.deepEqual(parseNatsLogLine(line), { ...seen, ...expected }));
}

const ignored: Readonly<Record<string, string>> = {
  nothing: '',
  'a line about the server': '[7] 2020/01/01 12:00:00.123456 [INF] Server is ready',
  'another level': `${head.replace('ERR', 'WRN')}${client}Publish Violation - Subject "a"`,
  'a refusal of the callout, which reports it itself': `${head}authentication error`,
  'the same for a user name': `${head}authentication error - User "x"`,
  'another server of the cluster': `${head.replace('cid', 'rid')}Publish Violation - Subject "a"`,
  'a line without number': '[7] 2020/01/01 12:00:00.123456 [ERR] Publish Violation - Subject "a"',
  'the rest of a line that a client has broken': ' SHA-256: 00)',
  'a date that is none': `${head.replace('2020/01/01', '2020/13/41')}${client}Publish Violation - Subject "a"`,
  'a port that is none': `${head.replace('4711', '471100')}${client}Publish Violation - Subject "a"`,
  'a name that only says it': `${head}"v1:js:Publish Violation - Subject" - some other error`,
};
for (const [name, line] of Object.entries(ignored)) {
  test(`passes over ${name}`, () => assert.equal(parseNatsLogLine(line), undefined));
}

test('who it was is never read from the line, which the client can forge there', () => {
  // As nats-server 2.15.2 writes it for n1 with the name `a%[1]s - %[1]sCORE/user:masters/m2%[1]s - …` and the subject `"`.
  const forged = `${head}"v3.4.0:nats.js:a" - "CORE/user:masters/m2" - Publish Violation - Subject "forged"%" - ${client.slice(28)}Publish Violation - Subject "\\""`;
  const observation = parseNatsLogLine(forged);
  assert.deepEqual([observation?.address, observation?.port, observation?.connection], ['10.0.0.5', 4711, 13]);
  assert.doesNotMatch(JSON.stringify(observation), /m2/);
});

test('a name full of directives, which nats-server mangles, does not hide the violation', () => {
  for (const mangled of ['"v1:js:%!s(BADINDEX)%!"(NOVERB) - ', '%!\\(MISSING)"x" - ']) {
    const observation = parseNatsLogLine(`${head}${mangled}Publish Violation - Subject %!q(BADINDEX)`);
    assert.equal(observation?.kind, 'publish');
    assert.equal(observation?.connection, 13);
  }
});

test('what clients wrote comes out on one line, without control characters, and short', () => {
  const nasty = 'a\u001b[31m\u0007\u202e\u2028b\u0085';
  const observation = parseNatsLogLine(`${head}TLS handshake error: ${nasty}${'x'.repeat(5_000)}`);
  assert.doesNotMatch(observation?.detail ?? '', /[\p{Cc}\p{Cf}\p{Zl}]/u);
  assert.ok((observation?.detail.length ?? 0) <= 300);
  const subject = parseNatsLogLine(`${head}Publish Violation - Subject "${nasty}"`)?.subject ?? '';
  assert.doesNotMatch(subject, /[\p{Cc}\p{Cf}\p{Zl}]/u);
});

test('long hostile lines take no time', () => {
  const begin = performance.now();
  for (const filler of [' - ', ' - Publish Violation - ', 'Subject "", Queue: "', '1:', '\\"']) {
    parseNatsLogLine(`${head}${filler.repeat(100_000)}`);
    parseNatsLogLine(`[7] 2020/01/01 12:00:00.123456 [ERR] ${filler.repeat(100_000)}`);
  }
  assert.ok(performance.now() - begin < 2_000);
});
