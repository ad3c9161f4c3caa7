/** `joiner join` that is interrupted as soon as it has come to a phase: on the host itself, within milliseconds. */

import type { Ended, Host } from '@easycerts/test-hosts';

export interface Interruption {
  readonly token: string;
  /** Name of the phase. */
  readonly phase: string;
  /** What the command and all its children get. */
  readonly signal: 'KILL' | 'INT';
  /** Units that are killed (SIGKILL) at the same moment. */
  readonly units?: readonly string[];
}

// A session of its own is a process group of its own. What is said after the signal is read, too: it may be the reason.
const script = `
umask 077
folder=$(mktemp -d)
cat > "$folder/token"
mkfifo "$folder/told"
setsid joiner join --json < "$folder/token" > "$folder/told" 2> "$folder/errors" &
pid=$!
phase=$1 signal=$2
shift 2
while read -r line; do
  printf '%s\\n' "$line"
  case $line in
  *"\\"phase\\":\\"$phase\\""*)
    kill -s "$signal" -- "-$pid" || continue
    [ $# = 0 ] || systemctl kill --signal=KILL -- "$@"
    ;;
  esac
done < "$folder/told"
wait "$pid"
code=$?
cat "$folder/errors" >&2
rm -r "$folder"
exit "$code"
`;

/** Runs it to its end, whatever that is; 137 is the exit code of what was killed. */
export function interruptedJoin(host: Host, { phase, signal, token, units = [] }: Interruption): Promise<Ended> {
  const words = ['sh', '-c', script, 'sh', phase, signal, ...units.map((unit) => `${unit}.service`)];
  return host.exec(words, { input: `${token}\n`, timeoutMs: 180_000 });
}
