import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { isAppError } from '@easycerts/core';
import { loadClusterConfig } from './load-cluster-config.ts';

const directory = mkdtempSync(join(tmpdir(), 'cluster-config-'));
after(() => rmSync(directory, { recursive: true, force: true }));

function fileWith(text: string): string {
  const file = join(mkdtempSync(join(directory, 'case-')), 'cluster.yaml');
  writeFileSync(file, text);
  return file;
}

const named = 'roles: [master, node]\nmasterAddress: api.kube.example\n';
const resolves = async (): Promise<string> => '192.0.2.1';
const fails = async (): Promise<never> => {
  throw Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' });
};

describe('loadClusterConfig', () => {
  it('gives the configuration with its defaults', async () => {
    const config = await loadClusterConfig(fileWith(named), { resolve: resolves });
    assert.equal(config.masterAddress, 'api.kube.example');
    assert.ok(Object.isFrozen(config));
  });

  it('resolves localhost by the machine itself', async () => {
    assert.equal(
      (await loadClusterConfig(fileWith('roles: [master]\nmasterAddress: localhost\n'))).masterAddress,
      'localhost',
    );
  });

  it('does not look an IP address up', async () => {
    const file = fileWith('roles: [master]\nmasterAddress: 192.0.2.7\n');
    assert.equal((await loadClusterConfig(file, { resolve: fails })).masterAddress, '192.0.2.7');
  });

  it('reports a master address that does not resolve under its key', async () => {
    const file = fileWith(named);
    await assert.rejects(loadClusterConfig(file, { resolve: fails }), (error) => {
      assert.ok(isAppError(error, 'INVALID_CONFIG'));
      const [problem] = error.details.problems as { path: string; message: string }[];
      assert.equal(problem?.path, 'masterAddress');
      assert.match(problem?.message ?? '', /api\.kube\.example does not resolve \(ENOTFOUND\)/);
      return true;
    });
  });

  it('starts without DNS when it need not resolve', async () => {
    assert.ok(await loadClusterConfig(fileWith(named), { resolve: fails, mustResolve: false }));
  });

  it('reports a missing file with what to write', async () => {
    await assert.rejects(
      loadClusterConfig(join(directory, 'absent.yaml')),
      (error) => isAppError(error, 'INVALID_CONFIG') && (error.details.cure ?? '').includes('masterAddress'),
    );
  });

  it('passes on every problem of the content', async () => {
    await assert.rejects(loadClusterConfig(fileWith('rolez: []\nclusterCidr: 1\n'), { resolve: resolves }), (error) => {
      assert.ok(isAppError(error, 'INVALID_CONFIG'));
      return (error.details.problems as unknown[]).length > 1;
    });
  });

  it('says which folder was given in place of a file', async () => {
    await assert.rejects(
      loadClusterConfig(directory),
      (error) => isAppError(error) && error.message.includes(directory),
    );
  });
});
