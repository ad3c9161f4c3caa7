import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, type TestContext, test } from 'node:test';
import { AppError, type ErrorCode } from '@easycerts/core';
import { temporaryDirectory } from '@easycerts/testing';
import type { SpecAction } from '../../core/cfssl/cfssl-spec.ts';
import { actionKeyOf, commandProblem, runAction } from './run-action.ts';

async function contextFor(t: TestContext, programs: Readonly<Record<string, string>> = {}) {
  const { path, remove } = await temporaryDirectory();
  t.after(() => remove());
  mkdirSync(`${path}/bin`);
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(`${path}/bin/${name}`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  const environment = { PATH: `${path}/bin:/usr/bin:/bin`, OUT: `${path}/out` };
  const output = () => (existsSync(environment.OUT) ? readFileSync(environment.OUT, 'utf8') : '');
  return { path, output, context: { environment, signal: new AbortController().signal } };
}

const fails =
  (code: ErrorCode, text = '') =>
  (error: unknown) =>
    error instanceof AppError && error.code === code && error.message.includes(text);
const service = (manager: 'systemd' | 'openrc' | 'sysv', more: object = {}): SpecAction =>
  ({ kind: 'service', manager, action: 'reload', service: 'web', onlyIfRunning: false, ...more }) as SpecAction;
const command = (text: string): SpecAction => ({ kind: 'command', command: text });

describe('an action', () => {
  test('calls the program of each service manager as certmgr does', async (t) => {
    const record = 'echo "$(basename "$0") $*" >> "$OUT"';
    const { context, output } = await contextFor(t, { systemctl: record, 'rc-service': record, service: record });
    for (const manager of ['systemd', 'openrc', 'sysv'] as const) {
      assert.equal(await runAction({ action: service(manager) }, context), 'done');
    }
    assert.equal(output(), 'systemctl reload web\nrc-service web reload\nservice web reload\n');
  });

  test('says what went wrong, with the first line of it', async (t) => {
    const { context } = await contextFor(t, { systemctl: 'echo "Unit web not found." >&2; echo more >&2; exit 5' });
    const wrong = fails('FAILED_PRECONDITION', 'run systemctl: ended with exit code 5: Unit web not found.');
    await assert.rejects(runAction({ action: service('systemd') }, context), wrong);
    await assert.rejects(runAction({ action: service('openrc') }, context), fails('NOT_FOUND', 'rc-service'));
    await assert.rejects(runAction({ action: command('exit 3') }, context), fails('FAILED_PRECONDITION', 'code 3'));
  });

  test('does not hang, and ends with certmgr', async (t) => {
    const { context } = await contextFor(t);
    const sleeping = { action: command('exec sleep 600') };
    await assert.rejects(runAction(sleeping, { ...context, limitMs: 50 }), fails('DEADLINE_EXCEEDED'));
    const ending = new AbortController();
    const running = runAction(sleeping, { ...context, signal: ending.signal });
    ending.abort();
    await assert.rejects(running, fails('CANCELLED'));
  });

  test('of nothing is nothing; a command has no path that the spec lacks', async (t) => {
    const { context, output } = await contextFor(t);
    assert.equal(await runAction({}, context), 'done');
    const ca = { path: '/ca.pem', mode: 0o644 };
    await runAction({ action: command('echo "[$CERTMGR_CA_PATH][$CERTMGR_KEY_PATH]" > "$OUT"'), ca }, context);
    assert.equal(output(), '[/ca.pem][]\n');
  });

  test('takes paths as data, not as shell', async (t) => {
    const { context, output, path } = await contextFor(t);
    const ca = { path: `/x'; touch ${path}/pwned; '`, mode: 0o644 };
    await runAction({ action: command('printf %s "$CERTMGR_CA_PATH" > "$OUT"'), ca }, context);
    assert.deepEqual([output(), existsSync(`${path}/pwned`)], [ca.path, false]);
  });
});

describe('a command', () => {
  test('that bash cannot read is found without running it', async (t) => {
    const { context, path } = await contextFor(t);
    assert.equal(await commandProblem(`touch ${path}/ran; echo ok`, context), undefined);
    assert.match((await commandProblem('if true; then', context)) ?? '', /syntax error|unexpected end/);
    assert.ok(!existsSync(`${path}/ran`));
  });

  test('stands for several specs only when it cannot tell them apart', () => {
    const same = (one: SpecAction, other: SpecAction) => actionKeyOf(one, 'a') === actionKeyOf(other, 'b');
    assert.ok(
      same(command('systemctl restart a.service b@1.service'), command(' systemctl restart a.service b@1.service')),
    );
    for (const text of [
      'systemctl restart a; x',
      './reload',
      'systemctl restart $CERTMGR_CERT_PATH',
      'systemctl `x`',
    ]) {
      assert.ok(!same(command(text), command(text)), text);
    }
    assert.ok(same(service('systemd'), service('systemd')));
    assert.ok(!same(service('systemd'), service('openrc')));
    assert.ok(!same(service('systemd'), service('systemd', { action: 'restart' })));
  });
});
