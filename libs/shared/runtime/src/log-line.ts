/** One log entry as one line for people. */

const colourOfLevel: Readonly<Record<string, string>> = {
  debug: '2',
  info: '36',
  warn: '33',
  error: '31',
  fatal: '31',
};
const ownFields = new Set(['level', 'time', 'service', 'msg']);

/** Turns a JSON line of the log into `12:00:00.000 info  ca: message  field=value`; other text passes through. */
export function formatLogLine(line: string, options: { readonly colour: boolean }): string {
  const entry = parseEntry(line);
  if (entry === undefined) return line;
  const level = String(entry.level);
  const time = String(entry.time).slice(11, 23);
  const fields = Object.entries(entry)
    .filter(([name]) => !ownFields.has(name))
    .map(([name, value]) => `${name}=${describeField(value)}`);
  const shownLevel = options.colour
    ? `\u001b[${colourOfLevel[level] ?? '0'}m${level.padEnd(5)}\u001b[0m`
    : level.padEnd(5);
  const tail = fields.length === 0 ? '' : `  ${fields.join(' ')}`;
  return `${time} ${shownLevel} ${String(entry.service)}: ${String(entry.msg ?? '')}${tail}\n`;
}

function parseEntry(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'level' in value ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function describeField(value: unknown): string {
  if (typeof value === 'string') return /[\s"=]/.test(value) || value === '' ? JSON.stringify(value) : value;
  if (typeof value === 'object' && value !== null && 'message' in value) return JSON.stringify(messagesOf(value));
  return JSON.stringify(value) ?? 'undefined';
}

function messagesOf(error: object): string {
  const message = 'message' in error ? String(error.message) : '';
  const cause = 'cause' in error && typeof error.cause === 'object' && error.cause !== null ? error.cause : undefined;
  return cause === undefined ? message : `${message}: ${messagesOf(cause)}`;
}
