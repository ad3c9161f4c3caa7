import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatTable, isTerminal } from './format-table.ts';

describe('formatTable', () => {
  it('aligns columns by their widest cell without spaces at line ends', () => {
    assert.equal(
      formatTable(
        ['UNIT', 'STATE'],
        [
          ['kube-apiserver', 'healthy'],
          ['etcd', ''],
        ],
      ),
      'UNIT            STATE\nkube-apiserver  healthy\netcd\n',
    );
  });

  it('shows only the headers when there is nothing', () => {
    assert.equal(formatTable(['A', 'B'], []), 'A  B\n');
  });

  it('survives rows that are shorter than the headers', () => {
    assert.equal(formatTable(['A', 'B'], [['1']]), 'A  B\n1\n');
  });
});

describe('isTerminal', () => {
  it('is false for a pipe and for a dumb terminal', () => {
    assert.equal(isTerminal({}), false);
    const before = process.env.TERM;
    process.env.TERM = 'dumb';
    try {
      assert.equal(isTerminal({ isTTY: true }), false);
    } finally {
      if (before === undefined) delete process.env.TERM;
      else process.env.TERM = before;
    }
  });
});
