/** What OpenSSL reads in certificates and requests, taken from the text that it prints: many in one process. */

import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';

export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

export interface OpensslCertificate {
  /** Lowercase hexadecimal without leading zeros. */
  readonly serial: string;
  readonly signatureAlgorithm: string;
  readonly issuer: string;
  readonly subject: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly keyAlgorithm: string;
  /** `(256 bit)`. */
  readonly keySize: string;
  /** `X509v3 Key Usage: critical` → `Digital Signature`. */
  readonly extensions: Readonly<Record<string, string>>;
}

export interface OpensslRequest {
  readonly isSignatureGood: boolean;
  /** `2.5.4.3=n1`, in order. */
  readonly subject: readonly string[];
  readonly extensions: Readonly<Record<string, string>>;
}

/** Every certificate of a PEM text. */
export async function opensslCertificates(pem: string): Promise<readonly OpensslCertificate[]> {
  const text = await inFolder(async (folder) => {
    await writeFile(join(folder, 'all.pem'), pem);
    return run('openssl', ['storeutl', '-noout', '-text', '-certs', join(folder, 'all.pem')]);
  });
  return text
    .split(/^\d+: Certificate$/m)
    .slice(1)
    .map(certificateOf);
}

/** Every request; undefined for one that OpenSSL does not read. */
export async function opensslRequests(
  requests: readonly Uint8Array[],
): Promise<readonly (OpensslRequest | undefined)[]> {
  const text = await inFolder(async (folder) => {
    await Promise.all(requests.map((der, at) => writeFile(join(folder, `${at}.der`), der)));
    // A shell starts programs in a tenth of the time that a large node process needs for it.
    const script = `cd "$1" && for at in $(seq 0 $(($2 - 1))); do echo "== $at"; openssl req -inform DER -in $at.der \
      -noout -text -verify -nameopt oid,sep_multiline,utf8,esc_2253,esc_ctrl 2>&1; done; true`;
    return run('sh', ['-c', script, 'sh', folder, `${requests.length}`]);
  });
  return text
    .split(/^== \d+\n/m)
    .slice(1)
    .map(requestOf);
}

function certificateOf(text: string): OpensslCertificate {
  const field = (pattern: RegExp): string => {
    const found = pattern.exec(text)?.[1];
    if (found === undefined) throw new Error(`openssl printed no ${pattern}: ${text}`);
    return found;
  };
  // A number of up to eight octets stands in the line, as decimal and hexadecimal; a longer one in the next.
  const serial = field(/Serial Number:(?: \d+ \(0x|\s+)([0-9a-f:]+)/);
  return {
    serial: serial.replaceAll(':', '').replace(/^0+/, ''),
    signatureAlgorithm: field(/Signature Algorithm: (.*)/),
    issuer: field(/Issuer: (.*)/),
    subject: field(/Subject: (.*)/),
    notBefore: new Date(field(/Not Before: (.*)/)),
    notAfter: new Date(field(/Not After : (.*)/)),
    keyAlgorithm: field(/Public Key Algorithm: (.*)/),
    keySize: field(/Public-Key: (.*)/),
    extensions: extensionsOf(text, 12),
  };
}

function requestOf(text: string): OpensslRequest | undefined {
  if (!text.includes('Certificate Request:')) return undefined;
  const subject = /^ {8}Subject:(.*)\n((?: {12}.*\n)*)/m.exec(text)?.[2] ?? '';
  return {
    isSignatureGood: text.includes('self-signature verify OK'),
    subject: subject.split('\n').flatMap((line) => (line.trim() === '' ? [] : splitRelativeName(line.slice(12)))),
    extensions: extensionsOf(text, 16),
  };
}

/** `a + b`, where a plus of a value is escaped. */
function splitRelativeName(line: string): readonly string[] {
  return line.split(/(?<!\\) \+ /).map((attribute) => attribute.replace(/\\([,+"\\<>; #])/g, '$1'));
}

/** Names of extensions stand `indent` deep, their values four deeper. */
function extensionsOf(text: string, indent: number): Readonly<Record<string, string>> {
  const pattern = new RegExp(`^ {${indent}}(\\S.*)\\n((?: {${indent + 4}}.*\\n)*)`, 'gm');
  const start = text.search(/X509v3 extensions:|Requested Extensions:/);
  if (start < 0) return {};
  const entries = [...text.slice(start).matchAll(pattern)].map(([, name = '', value = '']) => [
    name.trim().replace(/:$/, ''),
    value.trim(),
  ]);
  return Object.fromEntries(entries);
}

async function inFolder(work: (folder: string) => Promise<string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'easycerts-openssl-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function run(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, [...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  const [text, code] = await Promise.all([readText(child.stdout), ended]);
  if (code !== 0) throw new Error(`${command} ended with ${code}`);
  return text;
}
