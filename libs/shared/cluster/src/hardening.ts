/** What our own services are kept from by systemd (systemd.exec(5)), and the reasons where they are not. */

/** One line of the full list that a service cannot bear. The reason stands above it in the unit. */
export interface HardeningException {
  /** Name of the option: `ProtectProc`. */
  readonly option: string;
  /** Its value for this service; absent: the option is left out. */
  readonly value?: string;
  /** Completes `exception: … because …`. */
  readonly because: string;
}

/** Everything that a service of Node.js or Go bears which only reads, writes its own folders and speaks over sockets. */
export const hardenedService: readonly string[] = [
  'NoNewPrivileges=yes',
  'CapabilityBoundingSet=',
  'ProtectSystem=strict',
  'ProtectHome=yes',
  'PrivateTmp=yes',
  'PrivateDevices=yes',
  'ProtectKernelTunables=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelLogs=yes',
  'ProtectControlGroups=yes',
  'ProtectClock=yes',
  'ProtectHostname=yes',
  'ProtectProc=invisible',
  'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
  'RestrictNamespaces=yes',
  'RestrictSUIDSGID=yes',
  'RestrictRealtime=yes',
  'LockPersonality=yes',
  'SystemCallArchitectures=native',
  // @pkey: V8 asks for a memory protection key; it also makes code at run time, so no MemoryDenyWriteExecute
  'SystemCallFilter=@system-service @pkey',
  'UMask=0077',
  'LimitNOFILE=65536',
];

/** The full list but for the exceptions, each with its reason. TypeError when one is for an option that is not there. */
export function hardenedExcept(exceptions: readonly HardeningException[]): readonly string[] {
  const byOption = new Map(exceptions.map((exception) => [exception.option, exception]));
  const lines = hardenedService.flatMap((line) => {
    const option = optionOf(line);
    const exception = byOption.get(option);
    if (exception === undefined) return [line];
    byOption.delete(option);
    const { because, value } = exception;
    return value === undefined
      ? [`# exception: no ${line}, because ${because}`]
      : [`# exception: ${option}, because ${because}`, `${option}=${value}`];
  });
  const [unknown] = byOption.keys();
  if (unknown !== undefined) throw new TypeError(`no hardening option ${unknown}`);
  return lines;
}

function optionOf(line: string): string {
  return line.slice(0, line.indexOf('='));
}
