import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { AppError } from '@easycerts/core';
import { loadUsers } from './users.ts';

const directory = mkdtempSync(join(tmpdir(), 'users-'));
const passwdFile = join(directory, 'passwd');
const groupFile = join(directory, 'group');
writeFileSync(
  passwdFile,
  'root:x:0:0:root:/root:/bin/sh\netcd:x:104:110::/var/lib/etcd:/sbin/nologin\nbroken:x:abc:1\n',
);
writeFileSync(groupFile, 'root:x:0:\nkubernetes:x:120:etcd\n');
after(() => rmSync(directory, { recursive: true }));

describe('loadUsers', () => {
  const users = loadUsers({ passwdFile, groupFile, isRoot: true });

  it('finds the ids of a user and a group', () => {
    assert.deepEqual(users.idsOf('etcd', 'kubernetes'), { uid: 104, gid: 120 });
  });

  it('takes numbers as ids and knows root without a file', () => {
    assert.deepEqual(users.idsOf('1000', '2000'), { uid: 1000, gid: 2000 });
    assert.deepEqual(loadUsers({ passwdFile: '/nonexistent', isRoot: true }).idsOf('root', 'root'), { uid: 0, gid: 0 });
  });

  it('gives no ids when we are not root, even for unknown names', () => {
    assert.equal(loadUsers({ passwdFile, groupFile, isRoot: false }).idsOf('nobody-here', 'none'), undefined);
  });

  it('sees a user that was added since', () => {
    writeFileSync(join(directory, 'later'), '');
    const later = loadUsers({ passwdFile: join(directory, 'later'), groupFile, isRoot: true });
    assert.throws(() => later.idsOf('late', 'root'));
    writeFileSync(join(directory, 'later'), 'late:x:7:7::/:/bin/false\n');
    assert.deepEqual(later.idsOf('late', 'root'), { uid: 7, gid: 0 });
  });

  for (const [rule, owner, group, word] of [
    ['a missing user', 'absent', 'root', 'useradd'],
    ['a missing group', 'etcd', 'absent', 'groupadd'],
    ['a damaged entry', 'broken', 'root', 'useradd'],
    ['an empty name', '', 'root', 'useradd'],
  ] as const) {
    it(`refuses ${rule} and says how to make it`, () => {
      assert.throws(
        () => users.idsOf(owner, group),
        (error: unknown) =>
          error instanceof AppError &&
          error.code === 'FAILED_PRECONDITION' &&
          (error.details.cure ?? '').includes(word),
      );
    });
  }
});
