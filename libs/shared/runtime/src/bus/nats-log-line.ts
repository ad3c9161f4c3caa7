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
const violationPattern = /(?:^|.* - )(Publish|Subscription) Violation - (.*)$/s;
const connectionPattern = /^(TLS handshake error: .*|authentication error - Nkey .*)$/s;
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
  const [, what, subject] = violationPattern.exec(rest) ?? [];
  if (what !== undefined && subject !== undefined) {
    const kind = what === 'Publish' ? 'publish' : 'subscribe';
    return { ...origin, kind, subject: subjectIn(subject), detail: 'not permitted' };
  }
  const [, why] = connectionPattern.exec(rest) ?? [];
  return why === undefined ? undefined : { ...origin, kind: 'connection', subject: '', detail: printable(why) };
}

/** `Subject "a.b", Queue: "q", SID 1` or `Reply "a.b"`, in Go's quotes. */
function subjectIn(text: string): string {
  const [, quoted = text] = /^(?:Subject|Reply) "(.*?)"(?:, Queue: ".*", SID \d+|, SID \d+)?$/s.exec(text) ?? [];
  return printable(quoted.replace(/\\(["\\])/g, '$1'));
}

/** On one line, without control characters, and short: it goes into events and onto terminals. */
function printable(text: string): string {
  return text.slice(0, maxTextLength).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{fffd}');
}
