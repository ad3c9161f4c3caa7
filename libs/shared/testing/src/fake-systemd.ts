/** A systemd for tests that run without one: programs called systemctl and journalctl that behave like it, state in a folder. */

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface FakeSystemd {
  readonly systemctl: string;
  readonly journalctl: string;
  /** A folder that is there, as /run/systemd/system is where systemd is PID 1. */
  readonly bootedMark: string;
  /** Where the files of its units lie. */
  readonly unitDirectory: string;
  /** Writes the file of a unit: systemd sees it at the next daemon-reload. */
  writeUnit(unit: string, properties?: Readonly<Record<string, string>>): void;
  /** Changes what systemd says of a unit that it has loaded, as things happen to it. */
  set(unit: string, properties: Readonly<Record<string, string>>): void;
  /** What systemd says of a unit; empty when it has not loaded it. */
  get(unit: string): Readonly<Record<string, string>>;
  /** Kills the main process; systemd then waits with the restart, as RestartSec= says. */
  crash(unit: string, signal?: NodeJS.Signals): void;
  /** Command lines so far, without options; `show` left out. */
  calls(): readonly string[];
  /** How often it was asked what it knows. */
  shows(): number;
  /** `down`: PID 1 is something else. `stuck`: no answer. */
  become(state: 'down' | 'stuck'): void;
  /** Ends every main process, and removes the folder. */
  remove(): void;
}

const loaded = {
  LoadState: 'loaded',
  ActiveState: 'inactive',
  SubState: 'dead',
  Result: 'success',
  MainPID: '0',
  ExecMainStartTimestampMonotonic: '0',
  ExecMainCode: '0',
  ExecMainStatus: '0',
  NeedDaemonReload: 'no',
  CanReload: 'no',
  RestartUSec: '1min',
  TimeoutStopUSec: '15s',
};

/** Makes one. A unit with `Program: 'missing'` cannot be started; `FailsOnStop: 'yes'` fails when it is stopped, `FailsOnReload: 'yes'` when it is reloaded. */
export function createFakeSystemd(): FakeSystemd {
  const directory = mkdtempSync(join(tmpdir(), 'systemd-'));
  const at = (...names: readonly string[]): string => join(directory, ...names);
  for (const name of ['files', 'units', 'run']) mkdirSync(at(name));
  writeFileSync(at('systemctl'), systemctlScript(directory), { mode: 0o755 });
  writeFileSync(at('journalctl'), `#!/bin/sh\necho "$*" > ${directory}/journal-call\ncat ${directory}/journal\n`, {
    mode: 0o755,
  });
  const pathOf = (unit: string): string => at('units', `${unit}.service`);
  const get = (unit: string): Readonly<Record<string, string>> =>
    existsSync(pathOf(unit)) ? parse(readFileSync(pathOf(unit), 'utf8')) : {};
  const set = (unit: string, properties: Readonly<Record<string, string>>): void =>
    writeFileSync(pathOf(unit), format({ ...get(unit), ...properties }));
  const lines = (): readonly string[] =>
    existsSync(at('calls')) ? readFileSync(at('calls'), 'utf8').trim().split('\n') : [];
  return {
    systemctl: at('systemctl'),
    journalctl: at('journalctl'),
    bootedMark: at('run'),
    unitDirectory: at('files'),
    writeUnit(unit, properties = {}) {
      const path = at('files', `${unit}.service`);
      writeFileSync(path, format({ ...loaded, FragmentPath: path, ...properties }));
      if (existsSync(pathOf(unit))) set(unit, { NeedDaemonReload: 'yes' });
    },
    set,
    get,
    crash(unit, signal = 'SIGKILL') {
      const pid = Number(get(unit).MainPID);
      process.kill(pid, signal);
      waitForEnd(pid);
      const status = signal === 'SIGKILL' ? '9' : '15';
      const end = { Result: 'signal', MainPID: '0', ExecMainCode: '2', ExecMainStatus: status };
      set(unit, { ...end, ActiveState: 'activating', SubState: 'auto-restart' });
    },
    calls: () => lines().filter((line) => !line.startsWith('show ')),
    shows: () => lines().filter((line) => line.startsWith('show ')).length,
    become(state) {
      writeFileSync(at(state), '');
      if (state === 'down') rmSync(at('run'), { recursive: true });
    },
    remove() {
      for (const file of readdirSync(at('units'))) {
        const { MainPID: pid } = get(file.slice(0, -'.service'.length));
        if (pid !== undefined && pid !== '0') kill(Number(pid));
      }
      rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

function systemctlScript(directory: string): string {
  return `#!/bin/bash
cd ${directory}
words=(); for word in "$@"; do case $word in --*) ;; *) words+=("$word");; esac; done
echo "\${words[*]}" >> calls
[ -e down ] && { echo "System has not been booted with systemd as init system (PID 1). Can't operate." >&2; exit 1; }
[ -e stuck ] && exec sleep 60
verb=\${words[0]}
exec 9> .lock; flock 9 # as PID 1 does one thing after the other
set_() { # unit key value: whole or not at all, as the test reads it meanwhile
  grep -v "^$2=" "units/$1" > "units/.$1"; echo "$2=$3" >> "units/.$1"; mv "units/.$1" "units/$1"; }
is_() { grep -qx "$2=$3" "units/$1"; }
start() {
  is_ "$1" ActiveState active && return 0
  if is_ "$1" Program missing; then
    set_ "$1" ActiveState failed; set_ "$1" Result exit-code; set_ "$1" ExecMainCode 1; set_ "$1" ExecMainStatus 203
    echo "Job for $1 failed because the control process exited with error code." >&2; exit 1
  fi
  setsid sleep 1000 < /dev/null > /dev/null 2>&1 9>&- &
  read -r up _ < /proc/uptime
  set_ "$1" MainPID $!; set_ "$1" ExecMainStartTimestampMonotonic "\${up/./}0000"
  set_ "$1" ExecMainCode 0; set_ "$1" SubState running; set_ "$1" ActiveState active
}
stop() {
  local pid; pid=$(sed -n 's/^MainPID=//p' "units/$1"); [ "$pid" = 0 ] || kill -9 "$pid"
  set_ "$1" MainPID 0; set_ "$1" SubState dead
  if is_ "$1" FailsOnStop yes; then set_ "$1" ActiveState failed; else set_ "$1" ActiveState inactive; fi
}
case $verb in
daemon-reload)
  for file in files/*; do
    unit=\${file#files/}
    if [ -e "units/$unit" ]; then set_ "$unit" NeedDaemonReload no; set_ "$unit" FragmentPath "$PWD/$file"; else cp "$file" "units/$unit"; fi
  done;;
show)
  for unit in "\${words[@]:1}"; do
    if [ -e "units/$unit" ]; then cat "units/$unit"; else printf 'LoadState=not-found\\nActiveState=inactive\\nSubState=dead\\nMainPID=0\\n'; fi
    echo
  done;;
*)
  for unit in "\${words[@]:1}"; do
    [ -e "units/$unit" ] || { echo "Unit $unit could not be found." >&2; exit 5; }
    case $verb in
    start) is_ "$unit" SubState auto-restart && exec sleep 60 9>&-; start "$unit";;
    restart) stop "$unit"; start "$unit";;
    try-restart) is_ "$unit" ActiveState active && { stop "$unit"; start "$unit"; };;
    stop) stop "$unit";;
    reset-failed) is_ "$unit" ActiveState failed && set_ "$unit" ActiveState inactive;;
    reload) is_ "$unit" FailsOnReload yes && { echo "Job for $unit failed." >&2; exit 1; };;
    enable) set_ "$unit" UnitFileState enabled;;
    disable) set_ "$unit" UnitFileState disabled;;
    *) echo "Unknown command verb $verb." >&2; exit 1;;
    esac
  done;;
esac
exit 0
`;
}

function parse(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    text
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

function format(properties: Readonly<Record<string, string>>): string {
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

/** On a machine with much to do a killed process is there a while longer. */
function waitForEnd(pid: number): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  while (/^State:\s+[^XZ]/m.test(statusOf(pid))) Atomics.wait(pause, 0, 0, 1);
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}
