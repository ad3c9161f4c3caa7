import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError, errorCodes, isAppError, systemErrorCode, toAppError } from './app-error.ts';
import { exitCodeOf } from './exit-code.ts';

const systemError = (code: string): Error => Object.assign(new Error(`${code}: something`), { code });

test('an error keeps its code, cause and details', () => {
  const cause = new Error('x');
  const error = new AppError('DAMAGED', 'read key /a: not PEM', { cause, details: { path: '/a', cure: 'restore it' } });
  assert.equal(error.name, 'AppError');
  assert.equal(error.cause, cause);
  assert.deepEqual([error.code, error.details.path, error.details.cure], ['DAMAGED', '/a', 'restore it']);
  assert.ok(!('cause' in new AppError('INTERNAL', 'x')));
});

test('an AppError is known by its code, whatever its message', () => {
  const error = new AppError('NO_SPACE', 'any text');
  assert.equal(isAppError(error), true);
  assert.equal(isAppError(error, 'NO_SPACE'), true);
  assert.equal(isAppError(error, 'INTERNAL'), false);
  assert.equal(isAppError({ code: 'NO_SPACE', message: 'any text' }), false);
});

test('errors of the system become codes that say what to do', () => {
  const rows = [
    ['ENOSPC', 'NO_SPACE', /free some space/],
    ['EROFS', 'FAILED_PRECONDITION', /read-only/],
    ['EACCES', 'PERMISSION_DENIED', /root/],
    ['EADDRINUSE', 'FAILED_PRECONDITION', /another port/],
    ['ENOENT', 'NOT_FOUND', undefined],
    ['ECONNREFUSED', 'UNAVAILABLE', undefined],
    ['EWHATEVER', 'INTERNAL', undefined],
  ] as const;
  for (const [code, expected, cure] of rows) {
    const error = toAppError(systemError(code), 'write /a');
    assert.equal(error.code, expected, code);
    assert.match(error.message, /^write \/a: /);
    if (cure === undefined) assert.equal(error.details.cure, undefined, code);
    else assert.match(error.details.cure ?? '', cure);
  }
});

test('what is an AppError already passes through', () => {
  const error = new AppError('CONFLICT', 'x');
  assert.equal(toAppError(error, 'doing'), error);
});

test('anything can be thrown', () => {
  for (const thrown of ['text', undefined, null, 7, { code: 5 }]) {
    assert.equal(toAppError(thrown, 'doing').code, 'INTERNAL');
    assert.equal(systemErrorCode(thrown), undefined);
  }
});

test('wrong input ends with 2, an interruption with 130, everything else with 1', () => {
  const others = errorCodes.filter((code) => exitCodeOf(code) === 1);
  assert.equal(exitCodeOf('INVALID_CONFIG'), 2);
  assert.equal(exitCodeOf('INVALID_INPUT'), 2);
  assert.equal(exitCodeOf('CANCELLED'), 130);
  assert.equal(others.length, errorCodes.length - 3);
});
