import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AppError } from '@easycerts/core';
import { apiFailure, isConnectionFailure, isTransientFailure } from './api-failure.ts';

const answer = (status: number, reason = '', message = 'words of the server') => ({
  status,
  body: { kind: 'Status', reason, message },
});

describe('apiFailure', () => {
  for (const [status, reason, code, transient, connection] of [
    [400, 'BadRequest', 'INVALID_INPUT', false, false],
    [401, 'Unauthorized', 'UNAUTHENTICATED', true, true],
    [403, 'Forbidden', 'PERMISSION_DENIED', true, false],
    [404, 'NotFound', 'NOT_FOUND', true, false],
    [409, 'AlreadyExists', 'ALREADY_EXISTS', false, false],
    [409, 'Conflict', 'CONFLICT', true, false],
    [415, 'UnsupportedMediaType', 'INVALID_INPUT', false, false],
    [422, 'Invalid', 'INVALID_INPUT', false, false],
    [429, 'TooManyRequests', 'UNAVAILABLE', true, false],
    [500, 'InternalError', 'UNAVAILABLE', true, false],
    [503, 'ServiceUnavailable', 'UNAVAILABLE', true, false],
    [504, 'Timeout', 'DEADLINE_EXCEEDED', true, false],
    [302, '', 'INTERNAL', false, false],
  ] as const) {
    test(`${status} ${reason} is ${code}`, () => {
      const error = apiFailure('apply X a', answer(status, reason), false);
      assert.equal(error.code, code);
      assert.equal(isTransientFailure(error), transient);
      assert.equal(isConnectionFailure(error), connection);
      assert.equal(error.message, 'apply X a: words of the server');
      assert.ok(error.details.cure);
    });
  }

  test('an API server that cannot be reached is a failure of the connection', () => {
    assert.equal(isConnectionFailure(new AppError('UNAVAILABLE', 'x', { details: { reason: 'unreachable' } })), true);
  });

  test('of a Secret the words of the server, which may quote it, are left out', () => {
    const error = apiFailure('apply Secret a', answer(422, 'Invalid', 'got hunter2'), true);
    assert.equal(error.message, 'apply Secret a: Invalid');
    assert.doesNotMatch(JSON.stringify([error.message, error.details]), /hunter2/);
  });

  for (const body of [undefined, null, 'text', {}, { message: 1, reason: [] }]) {
    test(`an answer with body ${JSON.stringify(body)} still says something`, () => {
      assert.equal(
        apiFailure('read X a', { status: 502, body }, false).message,
        'read X a: the API server answered 502',
      );
    });
  }
});
