/**
 * The text of nats-server's configuration. Two accounts, because one cannot keep nodes apart whatever its permission lists:
 * nats-server never checks the reply subject of a publisher, so a node could have JetStream write its answer anywhere.
 *
 *   NODES (nodes, automation) ──exact exports only──▶ CORE (JetStream, masters)        AUTH (auth callout)   SYS
 */

import { AppError } from '@easycerts/core';
import { nodeApiPrefix } from './permissions.ts';

/** Public keys of the users that nats-server knows by itself, and of the issuer of everyone else's tokens. */
export interface BusPublicKeys {
  readonly system: string;
  readonly auth: string;
  readonly boot: string;
  readonly issuer: string;
}

export interface NatsLimits {
  readonly maxConnections: number;
  readonly maxPayloadBytes: number;
  /** Disk space for all streams together. A stream's own limit is reserved from it when the stream is made. */
  readonly maxStoreBytes: number;
}

export interface NatsConfigOptions {
  /** Name of the server, unique among the masters. */
  readonly serverName: string;
  readonly address: string;
  readonly port: number;
  /** Holds tls.crt, tls.key and ca.crt. */
  readonly tlsDirectory: string;
  readonly storeDirectory: string;
  /** Absent: standard error. `bus-audit` needs the file. */
  readonly logFile?: string;
  readonly keys: BusPublicKeys;
  /** Port of the monitoring pages, on 127.0.0.1 only; absent: none. */
  readonly monitoringPort?: number;
  readonly limits?: Partial<NatsLimits>;
}

/** Events and records have some 2 kB, the rendered configuration of a node tens of kB. */
const defaultLimits: NatsLimits = { maxConnections: 20_000, maxPayloadBytes: 512 * 1024, maxStoreBytes: 8 * 1024 ** 3 };
/** As many events as are stored together; an acknowledgement takes 0.5 ms. */
export const maxBatchMessages = 64;
/** The log is renamed at this size, and this many older ones are kept. */
const logSizeBytes = 16 * 1024 * 1024;
const logFiles = 3;

/** Exported by CORE to NODES: `service` is asked by a node, `stream` heard by it; `renamed` to what NODES calls it. */
interface Crossing {
  readonly kind: 'service' | 'stream';
  readonly subject: string;
  readonly renamed?: string;
  readonly manyAnswers?: true;
}

const coreToNodes: readonly Crossing[] = [
  { kind: 'service', subject: 'easycerts.v1.host.*.>' },
  {
    kind: 'service',
    subject: '$JS.API.CONSUMER.INFO.EVENTS.*',
    renamed: `${nodeApiPrefix}.CONSUMER.INFO.EVENTS.$1`,
  },
  {
    kind: 'service',
    subject: '$JS.API.CONSUMER.MSG.NEXT.EVENTS.*',
    renamed: `${nodeApiPrefix}.CONSUMER.MSG.NEXT.EVENTS.$1`,
    manyAnswers: true,
  },
  { kind: 'service', subject: '$JS.ACK.EVENTS.>' },
  { kind: 'service', subject: '$JS.API.DIRECT.GET.KV_hosts.>', renamed: `${nodeApiPrefix}.DIRECT.GET.KV_hosts.>` },
  { kind: 'stream', subject: '$KV.hosts.>' },
];

/** The text of `nats.conf`. AppError INVALID_INPUT when a value cannot stand in it. */
export function renderNatsConfig(options: NatsConfigOptions): string {
  const limits = { ...defaultLimits, ...options.limits };
  const tls = options.tlsDirectory;
  const key = Object.fromEntries(
    Object.entries(options.keys).map(([name, value]) => [name, quotePublicKey(name, value)]),
  ) as unknown as BusPublicKeys;
  return `${[
    '# Written by easycerts config-renderer; changes are overwritten.',
    `server_name: ${quote(options.serverName)}`,
    `host: ${quote(options.address)}`,
    `port: ${wholeNumber('port', options.port)}`,
    ...monitoring(options.monitoringPort),
    ...logging(options.logFile),
    `max_connections: ${wholeNumber('maxConnections', limits.maxConnections)}`,
    `max_payload: ${wholeNumber('maxPayloadBytes', limits.maxPayloadBytes)}`,
    '',
    '# A client shows its certificate before it is told anything.',
    'tls {',
    `  cert_file: ${quote(`${tls}/tls.crt`)}`,
    `  key_file: ${quote(`${tls}/tls.key`)}`,
    `  ca_file: ${quote(`${tls}/ca.crt`)}`,
    '  verify: true',
    '  handshake_first: true',
    '  min_version: "1.3"',
    '  timeout: 5',
    '}',
    '',
    '# An acknowledged message is on disk.',
    'jetstream {',
    `  store_dir: ${quote(options.storeDirectory)}`,
    '  sync_interval: always',
    `  max_file_store: ${wholeNumber('maxStoreBytes', limits.maxStoreBytes)}`,
    '  # What a node could stage on disk in batches that it never commits: 64 MiB for a stream, for 5 s.',
    `  limits { batch { max_inflight_per_stream: 16, max_inflight_total: 64, max_msgs: ${maxBatchMessages}, timeout: "5s" } }`,
    '}',
    '',
    'system_account: SYS',
    'accounts {',
    `  SYS { users: [{ nkey: ${key.system} }] }`,
    `  AUTH { users: [{ nkey: ${key.auth} }] }`,
    '  CORE {',
    '    jetstream: enabled',
    `    users: [{ nkey: ${key.boot} }]`,
    '    exports: [',
    ...coreToNodes.map((crossing) => `      ${exportOf(crossing)}`),
    '    ]',
    '  }',
    '  NODES {',
    '    imports: [',
    ...coreToNodes.map((crossing) => `      ${importOf(crossing)}`),
    '    ]',
    '  }',
    '}',
    '',
    '# Everyone but these three is let in by the callout, by client certificate; unanswered means refused.',
    'authorization {',
    '  timeout: 3',
    '  auth_callout {',
    `    issuer: ${key.issuer}`,
    '    account: AUTH',
    `    auth_users: [${key.auth}, ${key.system}, ${key.boot}]`,
    '  }',
    '}',
  ].join('\n')}\n`;
}

function exportOf({ kind, subject, manyAnswers }: Crossing): string {
  const answers = manyAnswers ? ', response_type: stream' : '';
  return `{ ${kind}: "${subject}", accounts: [NODES]${answers} }`;
}

function importOf({ kind, subject, renamed }: Crossing): string {
  return `{ ${kind}: { account: CORE, subject: "${subject}" }${renamed === undefined ? '' : `, to: "${renamed}"`} }`;
}

function monitoring(port: number | undefined): readonly string[] {
  return port === undefined ? [] : [`http: "127.0.0.1:${wholeNumber('monitoringPort', port)}"`];
}

function logging(logFile: string | undefined): readonly string[] {
  if (logFile === undefined) return ['logtime_utc: true'];
  return [
    `log_file: ${quote(logFile)}`,
    `logfile_size_limit: ${logSizeBytes}`,
    `logfile_max_num: ${logFiles}`,
    'logtime_utc: true',
  ];
}

function quotePublicKey(name: string, key: string): string {
  if (/^[UA][A-Z2-7]{55}$/.test(key) && key.startsWith(name === 'issuer' ? 'A' : 'U')) return `"${key}"`;
  throw new AppError('INVALID_INPUT', `render nats.conf: ${name} is not a public key`);
}

/** A string of the configuration language; without control characters, because it has no escape for most of them. */
function quote(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly those are refused
  if (value === '' || /[\u0000-\u001f\u007f]/.test(value)) {
    throw new AppError(
      'INVALID_INPUT',
      `render nats.conf: ${JSON.stringify(value)} cannot stand in a configuration file`,
    );
  }
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

function wholeNumber(name: string, value: number): string {
  if (Number.isSafeInteger(value) && value > 0) return String(value);
  throw new AppError('INVALID_INPUT', `render nats.conf: ${name} is ${value}, not a positive whole number`);
}
