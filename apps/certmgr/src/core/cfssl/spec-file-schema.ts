/** A spec file of cloudflare's certmgr, JSON or YAML, becomes a spec that cannot be wrong, or everything that is wrong with it. */

import { deepFreeze } from '@easycerts/cluster';
import { oid, type SubjectAttribute } from '@easycerts/pki';
import { z } from 'zod';
import type { SpecFileProblem } from '../spec-schema.ts';
import { oidOfUsage } from './cfssl-rules.ts';
import {
  type CfsslAuthority,
  type CfsslSpec,
  type KeyKind,
  keyKinds,
  type ManagedFile,
  type RequestedCertificate,
  type SpecAction,
  type SpecDefaults,
} from './cfssl-spec.ts';
import { namesOfHosts } from './host-names.ts';
import { type DocumentFormat, readDocument } from './read-document.ts';
import { authKeyOf, duration, managedFile, optional, remotesOf, texts } from './spec-fields.ts';

export type ParsedCfsslSpec =
  | { readonly kind: 'spec'; readonly spec: CfsslSpec }
  | { readonly kind: 'problems'; readonly problems: readonly SpecFileProblem[] };

const text = z.string().max(4096);
/** `dummy` and nothing are the same. Circus is refused by a check of its own, in words. */
export const serviceManager = z.enum(['systemd', 'openrc', 'sysv', 'command', 'dummy', 'circus', '']);

const request = z.strictObject({
  CN: optional(text),
  hosts: optional(texts),
  key: optional(z.strictObject({ algo: optional(z.string()), size: optional(z.int()) })),
  names: optional(
    z.array(
      z.strictObject({
        C: optional(text),
        ST: optional(text),
        L: optional(text),
        O: optional(text),
        OU: optional(text),
        // certmgr drops it: the common name of the request counts
        CN: optional(text),
      }),
    ),
  ),
  serialnumber: optional(text),
});

const authority = z.strictObject({
  remote: optional(text),
  label: optional(text),
  profile: optional(text),
  auth_key: optional(text),
  auth_key_file: optional(text),
  root_ca: optional(text),
  file: optional(managedFile(0o644)),
  // certmgr knows it and does nothing with it
  name: optional(text),
});

const schema = z.strictObject({
  service: optional(text),
  action: optional(text),
  svcmgr: optional(serviceManager),
  take_actions_only_if_running: optional(z.boolean()),
  request: optional(request),
  // certmgr makes keys that everybody can read unless told otherwise: absent means the safe choice
  private_key: optional(managedFile(0o600)),
  certificate: optional(managedFile(0o644)),
  ca: optional(managedFile(0o644)),
  authority: optional(authority),
  before: optional(duration),
  interval: optional(duration),
  interval_splay: optional(duration),
  initial_splay: optional(duration),
  key_usages: optional(texts),
  remote: optional(text),
});
type SpecFile = z.output<typeof schema>;

const fileKeys = ['path', 'owner', 'group', 'mode'];
const knownKeys = [schema, request, authority].flatMap((object) => Object.keys(object.shape));
const allKeys = [...knownKeys, 'algo', 'size', 'C', 'ST', 'L', 'O', 'OU', ...fileKeys].filter((key) => key !== 'CN');

/** Reads one file; `name` is that of the file. Pure: neither keys nor users are looked up. */
export function parseCfsslSpec(
  content: string,
  {
    name,
    format,
    defaults,
  }: { readonly name: string; readonly format: DocumentFormat; readonly defaults: SpecDefaults },
): ParsedCfsslSpec {
  const document = readDocument(content, format, [...allKeys, 'CN']);
  if (document.kind === 'problems') return document;
  const parsed = schema.safeParse(document.value);
  if (!parsed.success) return { kind: 'problems', problems: parsed.error.issues.flatMap(problemsOfIssue) };
  const problems: SpecFileProblem[] = [];
  const report: Report = (path, message) => void problems.push({ path, message });
  const spec = specOf(parsed.data, { name, defaults, report });
  return problems.length > 0 ? { kind: 'problems', problems } : { kind: 'spec', spec: deepFreeze(spec) };
}

/** Unknown fields each by themselves, with their path. */
export function problemsOfIssue(issue: z.core.$ZodIssue): readonly SpecFileProblem[] {
  const path = issue.path.map(String);
  if (issue.code !== 'unrecognized_keys') return [{ path: path.join('.'), message: issue.message }];
  return issue.keys.map((key) => ({ path: [...path, key].join('.'), message: 'unknown field' }));
}

type Report = (path: string, message: string) => void;

interface Context {
  readonly name: string;
  readonly defaults: SpecDefaults;
  readonly report: Report;
}

function specOf(file: SpecFile, context: Context): CfsslSpec {
  const { defaults, report, name } = context;
  const { certificate, private_key: privateKey, key_usages: usages } = file;
  if ((certificate === undefined) !== (privateKey === undefined)) {
    report('', 'certificate and private_key: either both are given or neither');
  }
  if (certificate !== undefined && file.request === undefined) report('request', 'is missing: certificate is given');
  const ca = caOf(file, report);
  if (certificate === undefined && ca === undefined)
    report('', 'names neither certificate nor ca: there is nothing to keep');
  const files = [certificate, privateKey, ca].flatMap((one) => (one === undefined ? [] : [one.path]));
  if (new Set(files).size < files.length) report('', 'certificate, private_key and ca must be different files');
  const action = actionOf(file, context);
  const keyUsages = usages?.map((usage) => usage.toLowerCase());
  const unknown = keyUsages?.filter((usage) => oidOfUsage[usage] === undefined) ?? [];
  if (unknown.length > 0) {
    report('key_usages', `unknown: ${unknown.join(', ')}; known are ${Object.keys(oidOfUsage).join(', ')}`);
  }
  const asked = file.request === undefined ? undefined : requestOf(file.request, report);
  return {
    name,
    authority: authorityOf(file, context),
    ...(certificate && privateKey && asked ? { keyPair: { request: asked, certificate, privateKey } } : {}),
    ...(ca === undefined ? {} : { ca }),
    ...(action === undefined ? {} : { action }),
    ...(keyUsages === undefined || keyUsages.length === 0 ? {} : { keyUsages }),
    beforeMs: file.before ?? defaults.beforeMs,
    intervalMs: file.interval ?? defaults.intervalMs,
    intervalSplayMs: file.interval_splay ?? defaults.intervalSplayMs,
    initialSplayMs: file.initial_splay ?? defaults.initialSplayMs,
  };
}

function caOf(file: SpecFile, report: Report): ManagedFile | undefined {
  if (file.ca !== undefined && file.authority?.file !== undefined) {
    report('authority.file', 'is the old name of ca: only one of them may be given');
  }
  return file.ca ?? file.authority?.file;
}

function authorityOf(file: SpecFile, { defaults, report }: Context): CfsslAuthority {
  const given = file.authority;
  const rootCa = given?.root_ca === '' ? undefined : given?.root_ca;
  const remote = [given?.remote, file.remote, defaults.remote].find((one) => one !== undefined && one !== '');
  if (remote === undefined) report('authority.remote', 'is missing, and the configuration names no default_remote');
  const remotes = remote === undefined ? [] : remotesOf(remote, rootCa !== undefined);
  if (remotes === undefined) report('authority.remote', 'must be an address: https://ca.example:8888');
  const { auth_key: key = '', auth_key_file: keyFile = '' } = given ?? {};
  const authKey = keyFile !== '' ? ({ kind: 'file', path: keyFile } as const) : key === '' ? undefined : authKeyOf(key);
  if (keyFile === '' && key !== '' && authKey === undefined) {
    report('authority.auth_key', 'must be hexadecimal, file:<path> or env:<variable>');
  }
  return {
    remotes: remotes ?? [],
    label: given?.label ?? '',
    profile: given?.profile ?? '',
    ...(rootCa === undefined ? {} : { rootCa }),
    ...(authKey === undefined ? {} : { authKey }),
  };
}

function requestOf(given: z.output<typeof request>, report: Report): RequestedCertificate {
  const { CN: commonName = '', hosts = [], key, names = [], serialnumber = '' } = given;
  const all = (type: string, pick: (name: (typeof names)[number]) => string | undefined): readonly SubjectAttribute[] =>
    names.flatMap((name) => {
      const value = pick(name) ?? '';
      return value === '' ? [] : [{ type, value }];
    });
  // The order of Go's crypto/x509/pkix
  const subject = [
    ...all(oid.country, ({ C }) => C),
    ...all(oid.organization, ({ O }) => O),
    ...all(oid.organizationalUnit, ({ OU }) => OU),
    ...all(oid.locality, ({ L }) => L),
    ...all(oid.province, ({ ST }) => ST),
    ...(commonName === '' ? [] : [{ type: oid.commonName, value: commonName }]),
    ...(serialnumber === '' ? [] : [{ type: oid.serialNumber, value: serialnumber }]),
  ];
  if (subject.length === 0 && hosts.length === 0) report('request', 'names nobody: neither CN, names nor hosts');
  const long = [...subject.map(({ value }) => value), ...hosts].find((value) => !/^\P{Cc}{1,253}$/u.test(value));
  if (long !== undefined) report('request', 'has a name with control characters or of more than 253 characters');
  const foreign = hosts.filter((host) => !/^[!-~]+$/.test(host));
  if (foreign.length > 0) report('request.hosts', 'must be ASCII without blanks: write an international name as xn--');
  return { commonName, subject, names: namesOfHosts(hosts), keyKind: keyKindOf(key, report) };
}

function keyKindOf(key: z.output<typeof request>['key'], report: Report): KeyKind {
  const algo = key?.algo ?? 'ecdsa';
  const kind = algo === 'ed25519' ? algo : `${algo}-${key?.size ?? (key?.algo === 'rsa' ? 2048 : 256)}`;
  const found = keyKinds.find((known) => known === kind);
  if (found === undefined) report('request.key', `${kind} is not made; possible are ${keyKinds.join(', ')}`);
  return found ?? 'ecdsa-256';
}

function actionOf(file: SpecFile, { defaults, report }: Context): SpecAction | undefined {
  const manager = file.svcmgr ?? defaults.serviceManager;
  const { action = '', service = '' } = file;
  if (manager === 'circus') {
    report('svcmgr', 'circus is not supported: use "command" with `circusctl reload <watcher>` as the action');
    return undefined;
  }
  if (manager === '' || manager === 'dummy') return undefined;
  if (manager === 'command') {
    if (service !== '') report('service', 'has no meaning with svcmgr "command": the action is the whole command');
    return action === '' || action === 'nop' ? undefined : { kind: 'command', command: action };
  }
  if (action === '' || action === 'nop') return undefined;
  if (action !== 'restart' && action !== 'reload') {
    report('action', 'must be restart, reload or nop; shell commands need svcmgr "command"');
    return undefined;
  }
  if (service === '') report('service', `is missing: action is ${action}`);
  if (!/^[A-Za-z0-9_@.:\\][A-Za-z0-9_@.:\\-]*$|^$/.test(service)) report('service', 'is no name of a service');
  const onlyIfRunning = file.take_actions_only_if_running ?? defaults.onlyIfRunning;
  return { kind: 'service', manager, action, service, onlyIfRunning };
}
