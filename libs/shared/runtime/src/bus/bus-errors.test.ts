import assert from 'node:assert/strict';
import test from 'node:test';
import type { ErrorCode } from '@easycerts/core';
import { AppError } from '@easycerts/core';
import { JetStreamApiError, JetStreamError } from '@nats-io/jetstream';
import {
  AuthorizationError,
  ClosedConnectionError,
  ConnectionError,
  InvalidSubjectError,
  NoRespondersError,
  PermissionViolationError,
  RequestError,
  TimeoutError,
} from '@nats-io/transport-node';
import { notConnected, toBusError } from './bus-errors.ts';
import { reconnectDelayMs } from './nats-link.ts';

function api(err_code: number, code: number): JetStreamApiError {
  return new JetStreamApiError({ err_code, code, description: 'x' });
}

class JetStreamNotEnabled extends Error {
  override name = 'JetStreamNotEnabled';
}

const codes: readonly (readonly [name: string, error: unknown, code: ErrorCode])[] = [
  ['no answer in time', new TimeoutError(), 'UNAVAILABLE'],
  ['nobody who answers', new NoRespondersError('x'), 'UNAVAILABLE'],
  ['nobody who answers a request', new RequestError('x', { cause: new NoRespondersError('x') }), 'UNAVAILABLE'],
  ['a request that timed out', new RequestError('x', { cause: new TimeoutError() }), 'UNAVAILABLE'],
  [
    'a request that was not permitted',
    new RequestError('x', { cause: new PermissionViolationError('x', 'publish', 'x') }),
    'PERMISSION_DENIED',
  ],
  ['a lost connection', new RequestError('connection disconnected'), 'UNAVAILABLE'],
  ['a refused connection', new ConnectionError('x'), 'UNAVAILABLE'],
  ['a closed connection', new ClosedConnectionError(), 'UNAVAILABLE'],
  ['JetStream that starts', new JetStreamNotEnabled('x'), 'UNAVAILABLE'],
  ['JetStream not enabled for the account', api(10_039, 503), 'UNAVAILABLE'],
  ['JetStream without leader', api(10_008, 503), 'UNAVAILABLE'],
  ['a JetStream error of the client', new JetStreamError('heartbeats missed'), 'UNAVAILABLE'],
  ['a refused subject', new PermissionViolationError('x', 'publish', 'x'), 'PERMISSION_DENIED'],
  ['a refused certificate', new AuthorizationError('x'), 'UNAUTHENTICATED'],
  ['a subject that is none', new InvalidSubjectError('x'), 'INVALID_INPUT'],
  ['a message too large', api(10_054, 400), 'INVALID_INPUT'],
  ['another revision', api(10_071, 400), 'CONFLICT'],
  ['another revision, said otherwise', api(10_164, 400), 'CONFLICT'],
  ['subjects of another stream', api(10_065, 400), 'CONFLICT'],
  ['a full disk', api(10_077, 503), 'NO_SPACE'],
  ['no space for a new stream', api(10_047, 500), 'NO_SPACE'],
  ['no such stream', api(10_059, 404), 'NOT_FOUND'],
  ['an unknown code', api(99_999, 500), 'INTERNAL'],
  ['something else', new Error('x'), 'INTERNAL'],
  ['no error at all', 'x', 'INTERNAL'],
];
for (const [name, error, code] of codes) {
  test(`${name} is ${code}`, () => {
    const mapped = toBusError(error, 'append to stream LEDGER');
    assert.equal(mapped.code, code);
    assert.equal(mapped.cause, error);
    assert.ok(mapped.message.startsWith('append to stream LEDGER: '));
  });
}

test('an AppError passes through unchanged', () => {
  const error = new AppError('NOT_FOUND', 'x');
  assert.equal(toBusError(error, 'y'), error);
});

test('what can be cured says how; the cure of the cause goes first', () => {
  for (const error of [new TimeoutError(), api(10_077, 503), new PermissionViolationError('x', 'publish', 'x')]) {
    assert.ok((toBusError(error, 'x').details.cure ?? '').length > 10);
  }
  assert.match(notConnected('x').details.cure ?? '', /easycerts-nats/);
  assert.equal(notConnected('x', new AppError('NOT_FOUND', 'y', { details: { cure: 'z' } })).details.cure, 'z');
});

test('pauses between attempts double, are bounded, and differ from host to host', () => {
  const middle = [0, 1, 2, 3, 20, 1_000_000].map((attempt) => reconnectDelayMs(attempt, 0.5));
  assert.deepEqual(middle, [200, 400, 800, 1_600, 10_000, 10_000]);
  assert.deepEqual(
    [0, 0.999].map((random) => reconnectDelayMs(3, random)),
    [800, 2_398],
  );
  assert.equal(reconnectDelayMs(9, 0.5, { firstMs: 25, longestMs: 100 }), 100);
});
