/** What `--fix` does: modules and sysctls, now and after every boot. Nothing that somebody could miss. */

import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { toAppError } from '@easycerts/core';
import { loadUsers, writeFileAtomically } from '@easycerts/runtime';

export interface MendPlaces {
  readonly modulesFile: string;
  readonly sysctlFile: string;
  /** /proc/sys */
  readonly sysctls: string;
  readonly modprobe: string;
}

const places: MendPlaces = {
  modulesFile: '/etc/modules-load.d/easycerts.conf',
  sysctlFile: '/etc/sysctl.d/90-easycerts.conf',
  sysctls: '/proc/sys',
  modprobe: 'modprobe',
};
const modules = ['overlay', 'br_netfilter'];
const sysctls = ['net.ipv4.ip_forward', 'net.bridge.bridge-nf-call-iptables'];
const notice = '# Written by `joiner --fix`: what Kubernetes needs of the kernel.\n';

const run = promisify(execFile);

/** Loads the modules, sets the sysctls, and writes both down for the next boot. AppError names what cannot be done. */
export async function mendHost(where: Partial<MendPlaces> = {}): Promise<void> {
  const { modprobe, modulesFile, sysctlFile, sysctls: root } = { ...places, ...where };
  const options = { mode: 0o644, owner: 'root', group: 'root', users: loadUsers() };
  await writeFileAtomically(modulesFile, `${notice}${modules.map((name) => `${name}\n`).join('')}`, options);
  await writeFileAtomically(sysctlFile, `${notice}${sysctls.map((name) => `${name} = 1\n`).join('')}`, options);
  for (const name of modules) {
    // whether it is there now, preflight says
    await run(modprobe, [name]).catch(() => undefined);
  }
  for (const name of sysctls) {
    const path = `${root}/${name.replaceAll('.', '/')}`;
    await writeFile(path, '1\n', { flag: 'r+' }).catch((error: unknown) => {
      const failure = toAppError(error, `set ${name}`);
      if (failure.code !== 'NOT_FOUND') throw failure;
    });
  }
}
