/** What joiner tells the master of its configurations. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { statusOf, TestHost, until } from './host.ts';

let host: TestHost;
beforeEach(() => {
  host = new TestHost();
});
afterEach(() => host.remove(['a', 'b', 'c']));

describe('a configuration of the master', () => {
  const configured = () => host.events.ofType('host.configured').map(({ data }) => data);

  it('is told to be in use once everything runs with it, with what was restarted for it, and once only', async () => {
    const config = host.file('a.yaml');
    writeFileSync(config, '1');
    host.component('a', { files: [{ path: config, onChange: 'restart' }] });
    host.component('b');
    host.applied('d1');
    const joiner = await host.start();
    await until(() => configured().length === 1);
    assert.deepEqual(configured()[0], { host: 'n1', digest: 'd1', restarted: [] });
    writeFileSync(config, '2');
    host.applied('d2');
    await until(() => configured().length === 2);
    assert.deepEqual(configured()[1], { host: 'n1', digest: 'd2', restarted: ['a'] });
    assert.equal(host.count('start a'), 2);
    host.applied('d3');
    await until(() => configured().length === 3);
    assert.deepEqual(configured()[2], { host: 'n1', digest: 'd3', restarted: [] });
    await joiner.close();
    await host.ready(await host.start());
    host.component('c');
    await until(() => host.count('start c') === 1);
    assert.equal(configured().length, 3, 'neither a joiner that starts again nor another component is news of it');
  });

  it('is not told to be in use while a component is not healthy with it', async () => {
    const config = host.file('a.yaml');
    const gate = host.file('gate');
    writeFileSync(config, '1');
    host.component('a', {
      files: [{ path: config, onChange: 'restart' }],
      before: `[ "$(cat ${config})" = 1 ] || [ -e ${gate} ] || exit 3`,
    });
    host.applied('d1');
    await host.start();
    await until(() => configured().length === 1);
    writeFileSync(config, '2');
    host.applied('d2');
    await until(() => host.events.ofType('component.failed').length >= 2);
    assert.equal(configured().length, 1);
    writeFileSync(gate, 'open');
    await until(() => configured().length === 2);
    assert.deepEqual([configured()[1]?.digest, configured()[1]?.restarted], ['d2', ['a']]);
  });

  it('that is given anew is told anew', async () => {
    host.component('a');
    host.applied('d1');
    await host.start();
    await until(() => configured().length === 1);
    host.applied('d1', '2020-01-01T13:00:00.000Z');
    await until(() => configured().length === 2);
    const [first, second] = host.events.ofType('host.configured');
    assert.notEqual(first?.id, second?.id);
  });

  it('does not count while a component of it cannot be understood', async () => {
    host.component('a');
    writeFileSync(host.specFile('b'), '{');
    host.applied('d1');
    const joiner = await host.start();
    await until(() => joiner.status().problems.length === 1 && statusOf(joiner, 'a')?.state === 'healthy');
    assert.equal(configured().length, 0);
    host.component('b');
    await until(() => configured().length === 1);
  });
});

describe('what must be done before a component starts', () => {
  it('is done before it, again only when its file changes, and its failure is the component’s', async () => {
    const archive = host.file('images.tar');
    const preparation = (command: string) => ({
      files: [{ path: archive, onChange: 'restart' as const }],
      preparations: [{ argv: ['/bin/sh', '-c', command], file: archive }],
    });
    const done = `echo "import $(cat ${archive})" >> ${host.root}/trace`;
    writeFileSync(archive, 'one');
    host.component('a', preparation('echo "no such archive" >&2; exit 4'));
    const joiner = await host.start();
    await until(() => host.events.ofType('component.failed').length > 0);
    assert.match(host.events.ofType('component.failed')[0]?.data.message ?? '', /images\.tar.*no such archive/);
    assert.equal(host.count('start a'), 0);
    host.component('a', preparation(done));
    await host.ready(joiner);
    assert.deepEqual(host.trace().slice(0, 2), ['import one', 'start a']);
    host.component('a', { ...preparation(done), env: { DIR: host.root, MORE: '1' } });
    await until(() => host.count('start a') === 2);
    assert.equal(host.count('import one'), 1, 'the same archive is not imported again');
    writeFileSync(archive, 'two');
    await until(() => host.count('import two') === 1 && host.count('start a') === 3);
    assert.ok(host.trace().lastIndexOf('import two') < host.trace().lastIndexOf('start a'));
    await host.ready(joiner);
  });
});
