/** Which process, for sure: process ids are used again, so the moment of its start belongs to it. */

export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/<pid>/stat: clock ticks since the machine started. */
  readonly startTicks: string;
}

/** The identity in the text of /proc/<pid>/stat; undefined for a zombie, which is a process no more. */
export function identityOfStat(text: string): ProcessIdentity | undefined {
  // The second field is the program's name in parentheses, which may hold anything, parentheses too.
  const afterName = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state] = afterName;
  const pid = Number.parseInt(text, 10);
  const startTicks = afterName[19];
  if (startTicks === undefined || !Number.isSafeInteger(pid) || state === 'Z' || state === 'X') return undefined;
  return { pid, startTicks };
}
