import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ApiAnswer, ApiRequest } from '@easycerts/runtime';
import { advanceableClock, recordingLogger } from '@easycerts/testing';
import type { Labels } from '../core/label-change.ts';
import { createNodeLabelKeeper } from './node-labels.ts';

/** A keeper with an API server that answers as it is told. */
function harness(set: Labels = {}) {
  const sent: ApiRequest[] = [];
  const clock = advanceableClock();
  const { entries, logger } = recordingLogger();
  let known = set;
  let answer: ApiAnswer | Error = { status: 200, body: {} };
  const keeper = createNodeLabelKeeper({
    context: { clock, logger },
    records: {
      nodeLabels: () => known,
      setNodeLabels: (labels) => {
        known = labels;
      },
    },
    connect: (kubeconfig) => ({
      async send(request) {
        assert.equal(kubeconfig, '/etc/kubernetes/kubelet.kubeconfig');
        sent.push(request);
        if (answer instanceof Error) throw answer;
        return answer;
      },
      close: () => undefined,
    }),
  });
  return {
    clock,
    sent,
    levels: () => entries.map(({ level }) => level),
    set: () => known,
    answers: (next: ApiAnswer | Error) => {
      answer = next;
    },
    async look(labels: Labels) {
      keeper.look({ node: 'n1', labels, kubeconfig: '/etc/kubernetes/kubelet.kubeconfig' });
      await keeper.close();
    },
  };
}

describe('the labels of the node', () => {
  it('are set once, as the node itself', async () => {
    const host = harness();
    await host.look({ disk: 'ssd' });
    await host.look({ disk: 'ssd' });
    assert.deepEqual(host.sent, [
      {
        method: 'PATCH',
        path: '/api/v1/nodes/n1',
        contentType: 'application/merge-patch+json',
        body: { metadata: { labels: { disk: 'ssd' } } },
      },
    ]);
    assert.deepEqual(host.set(), { disk: 'ssd' });
  });

  it('go away when they are wanted no more', async () => {
    const host = harness({ disk: 'ssd', rack: '1' });
    await host.look({ rack: '1' });
    assert.deepEqual(host.sent[0]?.body, { metadata: { labels: { disk: null } } });
    assert.deepEqual(host.set(), { rack: '1' });
  });

  it('cost nothing where there are none', async () => {
    const host = harness();
    await host.look({});
    assert.deepEqual(host.sent, []);
  });

  it('are tried again after a while: the API server is away, the Node not there, a label is not for nodes', async () => {
    for (const [problem, firstLevel] of [
      [new Error('away'), 'warn'],
      [{ status: 404, body: {} }, 'debug'],
      [{ status: 403, body: { message: 'no' } }, 'warn'],
    ] as const) {
      const host = harness();
      host.answers(problem);
      await host.look({ disk: 'ssd' });
      await host.look({ disk: 'ssd' });
      assert.deepEqual([host.sent.length, host.set()], [1, {}]);
      host.clock.advance(5_000);
      await host.look({ disk: 'ssd' });
      assert.deepEqual([host.sent.length, host.levels()], [2, [firstLevel, 'debug']], 'the same problem is told once');
      host.answers({ status: 200, body: {} });
      host.clock.advance(5_000);
      await host.look({ disk: 'ssd' });
      assert.deepEqual(host.set(), { disk: 'ssd' });
    }
  });
});
