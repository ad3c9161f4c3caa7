import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packagedUnits, parseClusterConfig } from '@easycerts/cluster';
import { readDocuments, readPackageTexts } from '../package-texts.ts';
import { type DescribedPrograms, packageContent } from './package-content.ts';

const described: DescribedPrograms = {
  version: '1.2.3',
  programs: ['easycerts', 'ca'].map((name) => ({
    name,
    command: { path: [name], description: name, usage: '', arguments: [], options: [], commands: [] },
    completions: { bash: `bash of ${name}`, zsh: 'zsh', fish: 'fish' },
  })),
};
const texts = await readPackageTexts();
const { control, entries } = packageContent({
  version: '1.2.3',
  epochS: 0,
  described,
  texts,
  documents: await readDocuments(),
  notices: [],
  executable: '/e',
  natsServer: '/n',
});
const paths = entries.map(({ path }) => path);

test('nothing is there twice', () => assert.equal(new Set(paths).size, paths.length));

test('every name has its link, its page and its completions', () => {
  for (const name of ['easycerts', 'ca']) {
    for (const path of [
      `/usr/bin/${name}`,
      `/usr/share/man/man1/${name}.1.gz`,
      `/usr/share/bash-completion/completions/${name}`,
      `/usr/share/zsh/vendor-completions/_${name}`,
      `/usr/share/fish/vendor_completions.d/${name}.fish`,
    ]) {
      assert.ok(paths.includes(path), path);
    }
  }
});

test('what commands refer to can be read on the host', () => {
  for (const file of [
    'SECURITY.md',
    'docs/automation.md',
    'docs/events.md',
    'docs/config/cluster-yaml.md',
    'docs/config/node-yaml.md',
    'docs/examples/automation/watch.sh',
    'docs/runbooks/node-without-identity.md',
  ]) {
    assert.ok(paths.includes(`/usr/share/doc/easycerts/${file}`), file);
  }
  assert.ok(!paths.some((path) => path.includes('/docs/adr/')));
});

test('every unit of ours is there and known to every script', () => {
  for (const { name } of packagedUnits()) {
    assert.ok(paths.includes(`/usr/lib/systemd/system/${name}`));
    for (const script of control.filter(({ mode }) => mode === 0o755))
      assert.ok(script.text.includes(name), script.name);
  }
});

test('no file may be written by others, and none has more rights than its kind needs', () => {
  for (const entry of entries) {
    if (entry.kind !== 'link') assert.equal(entry.mode, entry.kind === 'program' ? 0o755 : 0o644, entry.path);
  }
});

test('what lies below /etc is configuration, which an upgrade keeps', () => {
  const files = control
    .find(({ name }) => name === 'conffiles')
    ?.text.trimEnd()
    .split('\n');
  assert.deepEqual(
    files,
    paths.filter((path) => path.startsWith('/etc/')),
  );
});

test('the example is a configuration, also with what the package knows about itself', () => {
  const config = parseClusterConfig(texts.example, 'cluster.yaml', { overlay: texts.overlay });
  assert.deepEqual(config.roles, ['master', 'node']);
  assert.equal(config.bus.program, '/usr/lib/easycerts/nats-server');
});
