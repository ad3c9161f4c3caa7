/** A Deployment runs; its Service answers on its address and by its name; logs and exec work. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../src/eventually.ts';
import { busybox } from '../../src/place.ts';
import { step } from '../../src/step.ts';
import { busyboxPod, machine } from './cluster.ts';

const image = busybox().ref;

const web = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [
          {
            name: 'web',
            image,
            imagePullPolicy: 'Never',
            command: [
              '/bin/sh',
              '-c',
              'mkdir /tmp/www; hostname > /tmp/www/index.html; echo serving; exec httpd -f -p 8080 -h /tmp/www',
            ],
            readinessProbe: { httpGet: { port: 8080, path: '/' }, periodSeconds: 1 },
          },
        ],
      },
    },
  },
};
const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'default' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
};

/** What a pod gets; `timeout` because busybox' own -T crashes in some builds. */
const fetchFrom = (url: string): Promise<string> =>
  machine.mustKubectl(['exec', 'client', '--', 'timeout', '5', 'wget', '-qO-', url]);

step('workloads run', machine, () => {
  test('the pods of a Deployment run', async () => {
    await machine.apply(web);
    await machine.apply(service);
    await machine.apply(busyboxPod('client', image, 'echo client is here; sleep 86400'));
    await machine.mustKubectl(['rollout', 'status', 'deployment/web', '--timeout=60s'], { timeoutMs: 90_000 });
    await machine.mustKubectl(['wait', '--for=condition=Ready', 'pod/client', '--timeout=60s'], { timeoutMs: 90_000 });
  });

  test('the Service answers on its ClusterIP from another pod, and every pod behind it does', async () => {
    const address = await machine.mustKubectl(['get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}']);
    const seen = new Set<string>();
    await eventually('answers of both pods', async () => {
      seen.add((await fetchFrom(`http://${address}/`)).trim());
      return seen.size === 2;
    });
    assert.ok([...seen].every((name) => name.startsWith('web-')));
  });

  test('the Service answers by its DNS name from another pod, short and long', async () => {
    await machine.mustKubectl(['-n', 'kube-system', 'rollout', 'status', 'deployment/coredns', '--timeout=90s'], {
      timeoutMs: 120_000,
    });
    for (const name of ['web', 'web.default', 'web.default.svc.cluster.local']) {
      const answer = await eventually(name, () => fetchFrom(`http://${name}/`), { timeoutMs: 30_000 });
      assert.match(answer, /^web-/);
    }
  });

  test('kubectl logs shows what a pod printed', async () => {
    assert.equal(await machine.mustKubectl(['logs', 'client']), 'client is here\n');
    assert.match(await machine.mustKubectl(['logs', 'deployment/web']), /serving/);
  });

  test('kubectl exec runs a command in a pod, with its standard input and exit code', async () => {
    assert.equal(
      await machine.mustKubectl(['exec', '-i', 'client', '--', 'cat'], { input: 'through and back' }),
      'through and back',
    );
    const { code } = await machine.kubectl(['exec', 'client', '--', 'sh', '-c', 'exit 7']);
    assert.equal(code, 7);
  });

  test('a pod reaches the API server by its Service, as its service account', async () => {
    const token = '/var/run/secrets/kubernetes.io/serviceaccount';
    const script = `timeout 5 wget -qO- --no-check-certificate https://kubernetes.default.svc/version 2>&1; ls ${token}`;
    const printed = await machine.mustKubectl(['exec', 'client', '--', 'sh', '-c', script]);
    assert.match(printed, /ca\.crt/);
    assert.match(printed, /token/);
  });
});
