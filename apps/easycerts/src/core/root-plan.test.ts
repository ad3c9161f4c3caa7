import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bind, bindReadOnly, joinPlans, type Mount, renderFstab } from './root-plan.ts';

test('mounts become lines of an fstab, in order, with targets below the new root', () => {
  assert.equal(
    renderFstab([bindReadOnly('/usr', '/usr'), bind('/data/var', '/var')], '/data/root'),
    '/usr /data/root/usr none bind,ro 0 0\n/data/var /data/root/var none bind 0 0\n',
  );
});

test('a source inside the new root is looked for there', () => {
  const mount: Mount = { source: '/proc/sys', target: '/proc/sys', type: 'none', options: ['bind'], fromInside: true };
  assert.equal(renderFstab([mount], '/r'), '/r/proc/sys /r/proc/sys none bind 0 0\n');
});

test('a path cannot add fields or lines', () => {
  const hostile = '/a b\tc\nd\\e#f';
  const text = renderFstab([bind(hostile, '/x')], '/r');
  assert.equal(text, '/a\\040b\\011c\\012d\\134e\\043f /r/x none bind 0 0\n');
});

test('plans are joined in the order given', () => {
  const one = { entries: [], mounts: [bind('/a', '/a')] };
  const two = { entries: [], mounts: [bind('/b', '/b')] };
  assert.deepEqual(joinPlans(one, two).mounts, [...one.mounts, ...two.mounts]);
});
