/**
 * What nats-server's log says about refusals: it tells them nowhere else.
 *
 *   [7] 2020/01/01 12:00:00.000000 [ERR] 10.0.0.5:4711 - cid:13 - "v3.4.0:nats.js:name" - "NODES/user:nodes/n1" - Publish …
 *   └────────────── written by the server itself ─────────────┘   └── in the hands of the client: client name and certificate
 *
 * The client name is part of the server's format string, and the subject of a refused certificate may hold line feeds: a
 * client can forge everything from there on, and whole lines. So only the address and the connection's number are taken, and
 * who it was is asked of the server (connection-register.ts).
 */

export interface LogObservation {
  readonly kind: 'connection' | 'subscribe' | 'publish';
  readonly time: Date;
  /** Address of the client and its port. */
  readonly address: string;
  readonly port: number;
  /** Number of the connection. */
  readonly connection: number;
  /** The NATS subject as the client wrote it; empty for a connection. */
  readonly subject: string;
  /** For a connection: why. */
  readonly detail: string;
}

const linePattern =
  /^\[\d+\] (\d{4})\/(\d\d)\/(\d\d) (\d\d:\d\d:\d\d\.\d{3})\d* \[ERR\] (\S+):(\d{1,5}) - cid:(\d{1,15}) - (.*)$/s;
/** What the server says about it, always behind a separator and last, whatever the client's name holds. */
const violations = { 'Publish Violation - ': 'publish', 'Subscription Violation - ': 'subscribe' } as const;
const refusedConnections = ['TLS handshake error: ', 'authentication error - Nkey '];
const maxTextLength = 300;
/** Client name and subject have 4 kB at most each (max_control_line); certificates may say more than anyone reads. */
const maxLineLength = 16 * 1024;

/** The refusal in a line of the log; undefined for all other lines. */
export function parseNatsLogLine(line: string): LogObservation | undefined {
  const [, year, month, day, clock, host, port, connection, rest] =
    linePattern.exec(line.slice(0, maxLineLength)) ?? [];
  if (host === undefined || rest === undefined) return undefined;
  const time = new Date(`${year}-${month}-${day}T${clock}Z`);
  if (Number.isNaN(time.getTime())) return undefined;
  const origin = {
    time,
    address: host.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port),
    connection: Number(connection),
  };
  const violation = lastViolation(rest);
  if (violation !== undefined) return { ...origin, ...violation, detail: 'not permitted' };
  if (!refusedConnections.some((start) => rest.startsWith(start))) return undefined;
  return { ...origin, kind: 'connection', subject: '', detail: printable(rest) };
}

function lastViolation(rest: string): Pick<LogObservation, 'kind' | 'subject'> | undefined {
  for (const [text, kind] of Object.entries(violations)) {
    const at = rest.startsWith(text) ? 0 : rest.lastIndexOf(` - ${text}`) + ' - '.length;
    if (at >= 0 && rest.startsWith(text, at)) return { kind, subject: subjectIn(rest.slice(at + text.length)) };
  }
  return undefined;
}

/** `Subject "a.b", Queue: "q", SID 1` or `Reply "a.b"`, in Go's quotes; a subject holds no spaces. */
function subjectIn(text: string): string {
  const subject = text.slice(text.indexOf(' ') + 1).split(/, (?:Queue: "|SID \d)/, 1)[0] ?? '';
  return printable(subject.replace(/^"|"$/g, '').replace(/\\(["\\])/g, '$1'));
}

/** On one line, without control characters, and short: it goes into events and onto terminals. */
function printable(text: string): string {
  return text.slice(0, maxTextLength).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{fffd}');
}
