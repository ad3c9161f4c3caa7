/** Somebody has a node's key, or an account on a host, or only the network: none of it opens anything else. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { type CallPlace, callCaFrom } from '../../src/call-ca.ts';
import { eventually } from '../../src/eventually.ts';
import { listIssued } from '../../src/issued.ts';
import { runFolder } from '../../src/place.ts';
import { describe, type Ended, runCommand } from '../../src/run-command.ts';
import { type Attack, attacksOfNode, signCallOf } from '../../src/signing-attacks.ts';
import { step } from '../../src/step.ts';
import { natsCommand, stealIdentity } from '../../src/stolen-identity.ts';
import { allIn, audit, cluster, listHosts, master, masterUnits, nodesReady, nodeUnits, unitStates } from './cluster.ts';

const folder = join(runFolder(), 'three-hosts.intruders');
/** Whose key the attacker has, and whom he is after. */
const robbed = 'n1';
const other = 'n2';
const identity = join(folder, robbed);

const pid = (): number => cluster.host(robbed).init()?.pid ?? assert.fail(`${robbed} is off`);
const place = (): CallPlace => ({ pid: pid(), endpoint: `${cluster.host(master).address}:7443` });

let serials: readonly string[];
before(async () => {
  await stealIdentity(cluster.host(robbed), identity);
  serials = (await listIssued(cluster)).map(({ serial }) => serial);
});

step('the key of a node at the CA', cluster, () => {
  const asOther = (title: string, name: string, wish: Attack['wish'], reason: string): Attack => ({
    title,
    name,
    wish,
    reason,
  });
  const attacks = (): readonly Attack[] => {
    const kubelet = { subject: `/O=system:nodes/CN=system:node:${robbed}` };
    const { address } = cluster.host(other);
    return [
      ...attacksOfNode(robbed, master),
      asOther('another node', 'kubelet-client', { subject: `/O=system:nodes/CN=system:node:${other}` }, 'subject'),
      asOther('another host’s identity, a node’s', 'host', { subject: `/O=easycerts:nodes/CN=${other}` }, 'subject'),
      asOther(
        'another host’s address',
        'kubelet',
        { ...kubelet, extensions: [`subjectAltName=IP:${address}`] },
        'names',
      ),
      asOther('another host’s name', 'kubelet', { ...kubelet, extensions: [`subjectAltName=DNS:${other}`] }, 'names'),
      asOther('the name of the API', 'kubelet', { ...kubelet, extensions: ['subjectAltName=DNS:kubernetes'] }, 'names'),
    ];
  };

  test('gets neither what is another node’s nor what is a master’s', async () => {
    const calls = await Promise.all(attacks().map((attack) => signCallOf(folder, attack)));
    const answers = await callCaFrom(place(), identity, calls);
    assert.deepEqual(
      attacks().map(({ title }, at) => `${title}: ${answers[at]?.kind === 'refused' ? answers[at].reason : 'granted'}`),
      attacks().map(({ reason, title }) => `${title}: ${reason}`),
    );
  });

  for (const words of [
    ['token', 'create'],
    ['token', 'list'],
    ['host', 'list'],
    ['host', 'remove', other],
    ['automation', 'create', '--name', 'mine', '--read', 'host.joined', '--out', '/run/mine'],
  ]) {
    test(`ca ${words.join(' ')} is not for a node`, async () => {
      const { code, stderr, stdout } = await cluster.host(robbed).exec(['ca', ...words]);
      assert.equal(code, 1, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, /^error: .*(not permitted|only a master|master)/m);
    });
  }

  test('sees its own certificates in the ledger, and nobody else’s', async () => {
    const printed = await cluster.host(robbed).mustExec(['ca', 'list', '--json']);
    const hosts = (JSON.parse(printed) as readonly { readonly host: string }[]).map(({ host }) => host);
    assert.deepEqual([...new Set(hosts)], [robbed]);
  });

  test('all of it is on the audit trail', async () => {
    await eventually('the audit trail', async () => {
      const trail = await audit();
      const seen = trail.map(({ data }) => `${data.host} ${data.certificate ?? data.method} ${data.reason}`);
      const wanted = [
        ...attacks().map(({ name, reason }) => `${robbed} ${name} ${reason}`),
        `${robbed} CreateToken not-permitted`,
        `${robbed} RemoveHost not-permitted`,
      ];
      const missing = wanted.filter((line) => !seen.includes(line));
      if (missing.length > 0) throw new Error(`not on the trail: ${missing.join(', ')}`);
      return true;
    });
  });
});

step('the key of a node on the bus', cluster, () => {
  const nats = (words: readonly string[]): Promise<Ended> =>
    natsCommand({ pid: pid(), address: cluster.host(master).address, identity }, words);
  const isRefused = ({ stderr, stdout }: Ended): boolean => /permissions violation/i.test(stdout + stderr);
  const allRefused = async (subjects: readonly string[], wordsOf: (subject: string) => readonly string[]) => {
    const ended = await Promise.all(subjects.map((subject) => nats(wordsOf(subject))));
    for (const each of ended) assert.ok(isRefused(each), describe(each));
  };
  const documentOf = (host: string): string => `EC.API.DIRECT.GET.KV_hosts.$KV.hosts.${host}.config`;

  test('reads the document of its own host', async () => {
    const own = ['--inbox-prefix', `_INBOX_${robbed}`, 'request', documentOf(robbed), ''];
    const ended = await nats(own);
    assert.ok(ended.code === 0 && ended.stdout.includes('masterAddress'), describe(ended));
  });

  test('says nothing in another’s name, and asks for nothing of another', async () => {
    const subjects = [
      documentOf(other),
      documentOf(master),
      `easycerts.v1.host.${other}.host.ready`,
      `easycerts.v1.host.${master}.component.failed`,
      'easycerts.v1.cluster.ca.started',
      'easycerts.v1.audit.certificate.refused',
      'easycerts.v1.ledger.issued',
      `$KV.hosts.${robbed}.record`,
      `$KV.hosts.${other}.config`,
      '$KV.tokens.0123456789ab',
      '$JS.API.STREAM.DELETE.LEDGER',
      'EC.API.STREAM.INFO.KV_tokens',
    ];
    await allRefused(subjects, (subject) => ['--inbox-prefix', `_INBOX_${robbed}`, 'request', subject, '{}']);
  });

  test('hears nothing that is not for it', async () => {
    const subjects = [`$KV.hosts.${other}.>`, '$KV.>', 'easycerts.v1.>', `_INBOX_${other}.>`, '_INBOX.>', '>'];
    await allRefused(subjects, (subject) => ['subscribe', subject, '--count', '1', '--wait', '1s']);
  });

  test('and that is on the audit trail', async () => {
    await eventually('the audit trail', async () => {
      const refused = (await audit()).filter(({ type }) => type === 'easycerts.bus.refused');
      return ['publish', 'subscribe'].every((kind) =>
        refused.some(({ data }) => data.kind === kind && String(data.user).includes(robbed)),
      );
    });
  });
});

step('an account on a host', cluster, () => {
  const search = `find /etc /var/lib /run /root /home -xdev -type f -size -1024k ! -path '*/io.containerd.*' -print0 |
    xargs -0 grep -slE -e 'PRIVATE KEY|client-key-data|^S[UAXOC][A-Z2-7]{56}' -e '^ect1[.]' || true`;
  for (const name of cluster.hosts) {
    test(`reads no key on ${name}, whoever it is`, async () => {
      const host = cluster.host(name);
      const found = (await host.mustExec(['sh', '-c', search])).trim().split('\n');
      assert.ok(found.length >= (name === master ? 20 : 5), found.join('\n'));
      const open = 'while read -r path; do head -c 1 "$path" > /dev/null 2>&1 && echo "$path"; done; true';
      const { stdout } = await host.exec(['sh', '-c', open], { user: 'nobody', input: `${found.join('\n')}\n` });
      assert.equal(stdout, '');
    });

    test(`is told nothing by our services on ${name}`, async () => {
      const host = cluster.host(name);
      for (const words of [
        ['joiner', 'restart', 'kubelet'],
        ['joiner', 'leave'],
        ['joiner', 'join'],
      ]) {
        const { code, stderr } = await host.exec(words, { user: 'nobody' });
        assert.equal(code, 1, stderr);
      }
      const own = name === master ? masterUnits : nodeUnits;
      assert.deepEqual(await unitStates(name, own), allIn('active', own));
    });
  }
});

step('the network alone', cluster, () => {
  const curl = (url: string, ...words: readonly string[]): Promise<Ended> => {
    const quiet = [
      '--silent',
      '--insecure',
      '--max-time',
      '20',
      '--output',
      '/dev/null',
      '--write-out',
      '%{http_code}\\n',
    ];
    return runCommand(['nsenter', '--target', String(pid()), '--net', 'curl', ...quiet, ...words, url]);
  };
  const address = (name: string): string => cluster.host(name).address;

  for (const [title, urlOf] of [
    ['the API server', () => `https://${address(master)}:6443/api/v1/secrets`],
    ['the API server’s health', () => `https://${address(master)}:6443/version`],
    ['the kubelet of the other node', () => `https://${address(other)}:10250/pods`],
    ['the kubelet of the master', () => `https://${address(master)}:10250/run/kube-system/x/y`],
  ] as const) {
    test(`${title} does not answer who says nothing of himself`, async () => {
      const { stdout } = await curl(urlOf());
      assert.match(stdout, /^40[13]$/m);
    });
  }

  for (const [title, port] of [
    ['etcd', 2379],
    ['the CA', 7443],
    ['the bus', 4222],
  ] as const) {
    test(`${title} does not talk with whom it does not know`, async () => {
      const { code, stdout } = await curl(`https://${address(master)}:${port}/`);
      assert.notEqual(code, 0);
      assert.match(stdout, /^000$/m);
    });
  }

  test('the key of a kubelet opens nothing in Kubernetes but what is on its node', async () => {
    const from = '/var/lib/kubernetes/secrets/kubelet-client';
    const kubelet = await stealIdentity(cluster.host(robbed), join(folder, 'kubelet'), from);
    const key = ['--cert', join(kubelet, 'tls.crt'), '--key', join(kubelet, 'tls.key')];
    for (const [path, status] of [
      [`nodes/${robbed}`, 200],
      ['namespaces/kube-system/secrets', 403],
      [`namespaces/kube-system/secrets/any`, 403],
    ] as const) {
      const { stdout } = await curl(`https://${address(master)}:6443/api/v1/${path}`, ...key);
      assert.match(stdout, new RegExp(`^${status}$`, 'm'), path);
    }
  });
});

step('after all of it', cluster, () => {
  test('nothing was issued, the hosts are the same, everything runs', async () => {
    assert.deepEqual(
      (await listIssued(cluster)).map(({ serial }) => serial),
      serials,
    );
    assert.deepEqual((await listHosts()).map(({ name }) => name).toSorted(), [...cluster.hosts].toSorted());
    assert.deepEqual(await unitStates(master, masterUnits), allIn('active', masterUnits));
    await nodesReady(cluster.hosts, 5_000);
  });
});
