/**
 * Leaving, as a real API server with the Node authorizer and NodeRestriction allows it: what a node may do with its own
 * credentials, and what it may not.
 */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { isAppError } from '@easycerts/core';
import { connectKube, type KubeConnection } from '@easycerts/runtime';
import {
  type KubeApiServer,
  missingKubeBinaries,
  startKubeApiServer,
  type TemporaryDirectory,
  temporaryDirectory,
} from '@easycerts/testing';
import { askNode } from '../src/edge/host/ask-node.ts';
import { cordonNode, deleteNode, drainStep } from '../src/edge/host/drain-node.ts';

const pod = (name: string, node: string, labels = {}): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', labels },
  spec: { nodeName: node, terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image: 'example.org/x' }] },
});

describe('leaving, with the credentials of a node', { skip: missingKubeBinaries }, () => {
  let folder: TemporaryDirectory;
  let server: KubeApiServer;
  let n1: KubeConnection;
  let n2: KubeConnection;

  const isForbidden = (error: unknown): boolean =>
    isAppError(error, 'PERMISSION_DENIED') && error.details.status === 403;
  const names = async (kind: string): Promise<string> =>
    (await server.kubectl(['get', kind, '--all-namespaces', '--output=name'])).trim().replaceAll('\n', ' ');
  const register = (connection: KubeConnection, name: string): Promise<unknown> =>
    connection.send({
      method: 'POST',
      path: '/api/v1/nodes',
      body: { apiVersion: 'v1', kind: 'Node', metadata: { name } },
    });

  before(async () => {
    folder = await temporaryDirectory();
    server = await startKubeApiServer(folder.path, {
      authorizationMode: 'RBAC,Node',
      flags: ['--enable-admission-plugins=NodeRestriction', '--disable-admission-plugins=ServiceAccount'],
    });
    const connect = async (name: string): Promise<KubeConnection> =>
      connectKube(await server.writeKubeconfig(name, `system:node:${name}`, ['system:nodes']), { userAgent: 'test' });
    n1 = await connect('n1');
    n2 = await connect('n2');
    await register(n1, 'n1');
    await register(n2, 'n2');
    const pods = [pod('one', 'n1'), pod('guarded', 'n1', { app: 'guarded' }), pod('other', 'n2')];
    const budget = {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'guarded', namespace: 'default' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'guarded' } } },
    };
    await server.kubectl(
      ['apply', '-f', '-'],
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [...pods, budget] }),
    );
    // a disruption budget does not keep what does not run
    const status = { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } };
    await server.kubectl(['patch', 'pod', 'guarded', '--subresource=status', '--patch', JSON.stringify(status)]);
  });
  after(async () => {
    n1?.close();
    n2?.close();
    await server?.stop();
    await folder?.remove();
  });

  test('a node asks for itself', async () => {
    const readiness = await askNode(n1, 'n1');
    assert.ok(!readiness.isReady);
    assert.match(readiness.detail, /since this boot/);
    assert.match(JSON.stringify(await askNode(n1, 'n2')), /refuses kubelet/);
  });

  test('it cordons itself and no other', async () => {
    await cordonNode(n1, 'n1');
    assert.equal(await server.kubectl(['get', 'node', 'n1', '--output=jsonpath={.spec.unschedulable}']), 'true');
    await assert.rejects(cordonNode(n1, 'n2'), isForbidden);
  });

  test('it evicts its own pods, none of others, and waits for a disruption budget', async () => {
    const first = await drainStep(n1, 'n1');
    assert.deepEqual(first, {
      left: ['default/guarded', 'default/one'],
      kept: ['default/guarded'],
      lost: ['default/one'],
    });
    assert.equal(await names('pods'), 'pod/guarded pod/other');
    await assert.rejects(drainStep(n1, 'n2'), isForbidden);
    await server.kubectl(['delete', 'poddisruptionbudget', 'guarded']);
    assert.deepEqual((await drainStep(n1, 'n1')).kept, []);
    assert.deepEqual((await drainStep(n1, 'n1')).left, []);
    assert.equal(await names('pods'), 'pod/other');
  });

  test('it cannot delete its Node without our addon, and is told which', async () => {
    await assert.rejects(
      deleteNode(n1, 'n1'),
      (error) =>
        isForbidden(error) && /leaving-nodes/.test(String((error as { details: { cure: string } }).details.cure)),
    );
  });

  test('with our addon it deletes its own Node, again without harm, and no other', async () => {
    const name = 'easycerts:leaving-nodes';
    await server.kubectl(['create', 'clusterrole', name, '--verb=delete', '--resource=nodes']);
    await server.kubectl(['create', 'clusterrolebinding', name, `--clusterrole=${name}`, '--group=system:nodes']);
    await assert.rejects(deleteNode(n1, 'n2'), isForbidden);
    const all = await n1.send({ method: 'DELETE', path: '/api/v1/nodes' });
    assert.equal(all.status, 403, 'all Nodes at once');
    await deleteNode(n1, 'n1');
    await deleteNode(n1, 'n1');
    await cordonNode(n1, 'n1');
    assert.equal(await names('nodes'), 'node/n2');
  });
});
