import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AppError, hourMs, minuteMs } from '@easycerts/core';
import { defaultConfigText, resolveCertmgrConfig } from './config-file.ts';

const file = (text: string) => ({ path: '/etc/certmgr.yaml', text });

function problems(text: string): readonly string[] {
  try {
    resolveCertmgrConfig(file(text), {});
    return [];
  } catch (error) {
    assert.ok(error instanceof AppError && error.code === 'INVALID_CONFIG');
    return (error.details.problems as { path: string }[]).map(({ path }) => path.replace('/etc/certmgr.yaml: ', ''));
  }
}

describe('certmgr.yaml', () => {
  test('is read as in the README of certmgr', () => {
    const text = [
      'dir: /etc/certmgr.d',
      'default_remote: ca.example.net:8888',
      'svcmgr: systemd',
      'before: 72h',
      'interval: 30m',
      'metrics_port: 8080',
      'metrics_address: localhost',
    ].join('\n');
    assert.deepEqual(resolveCertmgrConfig(file(text), {}), {
      dir: '/etc/certmgr.d',
      defaults: {
        remote: 'ca.example.net:8888',
        serviceManager: 'systemd',
        onlyIfRunning: false,
        beforeMs: 72 * hourMs,
        intervalMs: 30 * minuteMs,
        intervalSplayMs: 0,
        initialSplayMs: 0,
      },
      metrics: { address: 'localhost', port: 8080 },
    });
  });

  test('gives way to the command line', () => {
    const options = {
      dir: '/d',
      svcmgr: 'sysv',
      before: '1h',
      interval: '2h',
      intervalSplay: '3m',
      initialSplay: '4m',
    };
    const { dir, defaults } = resolveCertmgrConfig(file('dir: /other\nsvcmgr: openrc\nbefore: 9h\n'), options);
    assert.deepEqual([dir, defaults.serviceManager, defaults.beforeMs], ['/d', 'sysv', hourMs]);
    assert.deepEqual(
      [defaults.intervalMs, defaults.intervalSplayMs, defaults.initialSplayMs],
      [2 * hourMs, 3 * minuteMs, 4 * minuteMs],
    );
  });

  test('may be absent, and may use the names that certmgr had before', () => {
    const { defaults, metrics } = resolveCertmgrConfig(undefined, { dir: '/d' });
    assert.deepEqual([defaults.serviceManager, metrics, defaults.remote], ['dummy', undefined, undefined]);
    const old = resolveCertmgrConfig(
      file('certspecs: /d\nservice_manager: sysv\nremote: "a:1"\nlog: {json: true}'),
      {},
    );
    assert.deepEqual([old.dir, old.defaults.serviceManager, old.defaults.remote], ['/d', 'sysv', 'a:1']);
  });

  for (const [rule, text, paths] of [
    ['an unknown field', 'dir: /d\ninterva1: 1h', ['interva1']],
    ['no folder', 'svcmgr: sysv', ['dir']],
    ['a port that is none', 'dir: /d\nmetrics_port: 70000', ['metrics_port']],
    ['a duration that is none', 'dir: /d\nbefore: soon', ['before']],
    ['a list', '- dir', ['/etc/certmgr.yaml']],
  ] as const) {
    test(`is refused for ${rule}`, () => assert.deepEqual(problems(text), paths));
  }

  test('is refused for circus, in words', () => {
    assert.throws(
      () => resolveCertmgrConfig(undefined, { dir: '/d', svcmgr: 'circus' }),
      (error) => {
        return error instanceof AppError && JSON.stringify(error.details).includes('circusctl');
      },
    );
  });

  test('as genconfig writes it is read again', () => {
    const text = defaultConfigText({ dir: '/my specs', svcmgr: 'openrc' });
    const { dir, defaults, metrics } = resolveCertmgrConfig(file(text), {});
    assert.deepEqual([dir, defaults.serviceManager, metrics?.port], ['/my specs', 'openrc', 8080]);
  });
});
