/** The requests of an attacker: each is right but for one thing. */

import { randomUUID } from 'node:crypto';
import type { SignCall } from './call-ca.ts';
import type { CsrWish } from './csr.ts';
import { makeCsr, weakKey, withBrokenSignature } from './csr.ts';

export interface Attack {
  readonly title: string;
  /** Name in the certificate list that is asked for. */
  readonly name: string;
  readonly wish: CsrWish;
  /** What is done to the finished request. */
  readonly change?: (csrDer: Uint8Array) => Uint8Array;
  readonly requestedAtMs?: number;
  /** The deny reason, of the closed list. */
  readonly reason: string;
}

/** The call of an attack, with a key and a request id of its own. */
export async function signCallOf(folder: string, { change, name, requestedAtMs, wish }: Attack): Promise<SignCall> {
  const csrDer = await makeCsr(folder, wish);
  const csrBase64 = Buffer.from(change?.(csrDer) ?? csrDer).toString('base64');
  return { kind: 'sign', name, csrBase64, requestId: randomUUID(), requestedAtMs: requestedAtMs ?? Date.now() };
}

const dayMs = 86_400_000;

/** By a master that asks for the client certificate of its own kubelet. */
export function attacksOfMaster(node: string): readonly Attack[] {
  const subject = `/O=system:nodes/CN=system:node:${node}`;
  const attack = (title: string, reason: string, changed: Partial<Attack> = {}): Attack => ({
    title,
    name: 'kubelet-client',
    wish: { subject },
    reason,
    ...changed,
  });
  const asking = (...extensions: readonly string[]): Partial<Attack> => ({ wish: { subject, extensions } });
  const as = (other: string): Partial<Attack> => ({ wish: { subject: other } });
  return [
    attack('the identity of another node', 'subject', as('/O=system:nodes/CN=system:node:other')),
    attack('the group system:masters', 'subject', as(`/O=system:masters/CN=system:node:${node}`)),
    attack('system:masters beside its own group', 'subject', as(`/O=system:masters${subject}`)),
    attack('an attribute that hides in the subject', 'subject', as(`${subject}/OU=more`)),
    attack('one more DNS name', 'names', asking('subjectAltName=DNS:kubernetes.default.svc')),
    attack('one more address', 'names', asking('subjectAltName=IP:10.0.0.1')),
    attack('a URI as name', 'names', asking('subjectAltName=URI:spiffe://other')),
    attack('CA:TRUE', 'ca-requested', asking('basicConstraints=critical,CA:TRUE')),
    attack('the right to sign certificates', 'ca-requested', asking('keyUsage=keyCertSign')),
    attack('another use of its key', 'usages', asking('keyUsage=dataEncipherment')),
    attack('the usage of a server', 'usages', asking('extendedKeyUsage=serverAuth')),
    attack('a foreign extension', 'extension', asking('1.3.6.1.4.1.99999.1=ASN1:UTF8String:x')),
    attack('a weak key', 'weak-key', { wish: { subject, key: weakKey } }),
    attack('a broken signature', 'bad-signature', { change: withBrokenSignature }),
    attack('no request at all', 'malformed', { change: () => new Uint8Array([0x30, 0x03, 0x02, 0x01, 0x00]) }),
    attack('a very long request', 'too-large', { change: () => new Uint8Array(17 * 1024) }),
    attack('a certificate that the list does not have', 'not-in-list', { name: 'my-own' }),
    attack('a request of yesterday', 'stale', { requestedAtMs: Date.now() - dayMs }),
    attack('a request of tomorrow', 'stale', { requestedAtMs: Date.now() + dayMs }),
  ];
}

/** By a node whose key was stolen: everything that only a master or another node may have. */
export function attacksOfNode(node: string, master: string): readonly Attack[] {
  const listed = (name: string, subject: string): Attack => ({
    title: name,
    name,
    wish: { subject },
    reason: 'not-in-list',
  });
  return [
    {
      title: 'the master’s own node',
      name: 'kubelet-client',
      wish: { subject: `/O=system:nodes/CN=system:node:${master}` },
      reason: 'subject',
    },
    {
      title: 'a master’s host identity',
      name: 'host',
      wish: { subject: `/O=easycerts:masters/CN=${node}` },
      reason: 'subject',
    },
    {
      title: 'another host’s identity',
      name: 'host',
      wish: { subject: `/O=easycerts:nodes/CN=${master}` },
      reason: 'subject',
    },
    listed('super-admin', '/O=system:masters/CN=kubernetes-super-admin'),
    listed('cluster-admin', '/O=kubeadm:cluster-admins/CN=cluster-admin'),
    listed('kube-apiserver', '/CN=kube-apiserver'),
    listed('kube-controller-manager-client', '/CN=system:kube-controller-manager'),
    listed('front-proxy-client', '/CN=front-proxy-client'),
    listed('etcd-server', '/CN=etcd-server'),
    listed('ca-server', '/CN=easycerts-ca'),
  ];
}
