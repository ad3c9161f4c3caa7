import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError } from '@easycerts/core';
import { formatLogLine } from './log-line.ts';
import { createLogger } from './logger.ts';

function collecting(): { lines: Record<string, unknown>[]; write(line: string): void } {
  const lines: Record<string, unknown>[] = [];
  return { lines, write: (line) => void lines.push(JSON.parse(line)) };
}

function errorIn([line]: readonly Record<string, unknown>[]): Record<string, unknown> {
  assert.ok(typeof line?.err === 'object' && line.err !== null);
  return { ...line.err };
}

describe('createLogger', () => {
  it('writes JSON lines with service, level name and ISO time', () => {
    const destination = collecting();
    createLogger({ service: 'ca', destination }).info({ certificate: 'etcd' }, 'issued');
    const [line] = destination.lines;
    assert.deepEqual([line?.service, line?.level, line?.msg, line?.certificate], ['ca', 'info', 'issued', 'etcd']);
    assert.match(String(line?.time), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  it('keeps the code, details and causes of an AppError, without a stack', () => {
    const destination = collecting();
    const err = new AppError('DAMAGED', 'read x: not PEM', { cause: new Error('inner'), details: { path: '/x' } });
    createLogger({ service: 'ca', destination }).error({ err }, 'failed');
    const logged = errorIn(destination.lines);
    assert.deepEqual([logged.code, logged.details, 'stack' in logged], ['DAMAGED', { path: '/x' }, false]);
    assert.equal((logged.cause as Record<string, unknown>).message, 'inner');
  });

  it('keeps the stack of a defect', () => {
    const destination = collecting();
    createLogger({ service: 'ca', destination }).error({ err: new TypeError('oops') }, 'failed');
    assert.match(String(errorIn(destination.lines).stack), /TypeError: oops/);
  });

  it('strikes out fields that are secret by name', () => {
    const destination = collecting();
    createLogger({ service: 'ca', destination }).info({ token: 'abc', set: { privateKey: 'def' } }, 'x');
    assert.ok(!JSON.stringify(destination.lines).includes('abc') && !JSON.stringify(destination.lines).includes('def'));
  });

  it('leaves out what is below its level', () => {
    const destination = collecting();
    const logger = createLogger({ service: 'ca', level: 'warn', destination });
    logger.info('not this');
    logger.warn('this');
    assert.deepEqual(
      destination.lines.map(({ msg }) => msg),
      ['this'],
    );
  });
});

describe('formatLogLine', () => {
  it('makes one readable line of an entry', () => {
    const line = JSON.stringify({
      level: 'info',
      time: '2020-01-01T12:00:00.123Z',
      service: 'ca',
      serial: 'ab',
      note: 'a b',
      n: 1,
      msg: 'issued',
    });
    assert.equal(formatLogLine(line, { colour: false }), '12:00:00.123 info  ca: issued  serial=ab note="a b" n=1\n');
  });

  it('shows an error by its messages', () => {
    const line = JSON.stringify({
      level: 'warn',
      time: '2020-01-01T12:00:00.000Z',
      service: 'ca',
      msg: 'x',
      err: { message: 'outer', cause: { message: 'inner' } },
    });
    assert.match(formatLogLine(line, { colour: false }), /err="outer: inner"/);
  });

  it('lets through what is not an entry', () => {
    for (const text of ['plain\n', '42\n', '{"a":1}\n']) assert.equal(formatLogLine(text, { colour: true }), text);
  });
});
