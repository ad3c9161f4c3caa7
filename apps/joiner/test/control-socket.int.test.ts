import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { isAppError } from '@easycerts/core';
import { parseJoinerStatus } from '../src/core/joiner-status.ts';
import { askRestart, askStatus } from '../src/edge/control-client.ts';
import { controlSocketOf, statusFileOf } from '../src/start-joiner.ts';
import { statusOf, TestHost, until } from './host.ts';

let host: TestHost;
beforeEach(() => {
  host = new TestHost();
});
afterEach(() => host.remove(['a']));

function signal(): AbortSignal {
  return new AbortController().signal;
}

function readStatus() {
  return parseJoinerStatus(readFileSync(statusFileOf(host.paths), 'utf8'));
}

describe('the control socket', () => {
  it('tells the status and restarts a component, waiting until it is healthy', async () => {
    host.component('a', { before: 'sleep 0.1' });
    const joiner = await host.start();
    await host.ready(joiner);
    const control = { path: controlSocketOf(host.paths), signal: signal() };
    assert.equal((await askStatus(control)).components[0]?.state, 'healthy');
    await askRestart('a', control);
    assert.deepEqual(host.trace(), ['start a', 'stop a', 'start a']);
    assert.equal(statusOf(joiner, 'a')?.reason, 'forced');
    assert.equal(host.events.ofType('component.restarted')[0]?.data.reason, 'forced');
  });

  it('tells why a component did not come up', async () => {
    host.component('a', { before: 'if [ -e $DIR/broken ]; then exit 4; fi' });
    await host.ready(await host.start());
    writeFileSync(host.file('broken'), '');
    const restarted = askRestart('a', { path: controlSocketOf(host.paths), signal: signal() });
    await assert.rejects(
      restarted,
      (error) => isAppError(error, 'FAILED_PRECONDITION') && error.message.includes('exit code 4'),
    );
  });

  it('knows only what there is', async () => {
    host.component('a');
    await host.ready(await host.start());
    const control = { path: controlSocketOf(host.paths), signal: signal() };
    for (const unit of ['b', '', '../a', 'a\n']) {
      await assert.rejects(
        askRestart(unit, control),
        (error) => isAppError(error, 'NOT_FOUND') && error.details.cure === 'choose one of a',
      );
    }
  });

  it('is open to its own user only', async () => {
    await host.start();
    assert.equal(statSync(controlSocketOf(host.paths)).mode & 0o777, 0o600);
  });

  it('says that joiner does not run', async () => {
    const control = { path: controlSocketOf(host.paths), signal: signal() };
    await assert.rejects(
      askStatus(control),
      (error) => isAppError(error, 'UNAVAILABLE') && error.details.cure !== undefined,
    );
  });

  it('writes the same status to a file for those who watch', async () => {
    host.component('a');
    const joiner = await host.start();
    await host.ready(joiner);
    await until(() => readStatus()?.isReady === true);
    assert.deepEqual(readStatus()?.components, joiner.status().components);
  });
});
