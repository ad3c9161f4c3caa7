/** The texts by which systemd makes our users and folders (sysusers.d(5), tmpfiles.d(5)). Pure. */

import { type Paths, packagedDirectories, type SystemUser, systemUsers } from '@easycerts/cluster';

/** `/usr/lib/sysusers.d/easycerts.conf`: users that cannot log in, each with a group of its name. */
export function sysusersText(users: readonly SystemUser[] = systemUsers): string {
  const lines = users.map(({ name, purpose }) => `u ${name} - "${purpose}" /nonexistent /usr/sbin/nologin`);
  return `# Users of easycerts' services and of Kubernetes' components.\n${lines.join('\n')}\n`;
}

/** `/usr/lib/tmpfiles.d/easycerts.conf`: the folders that must be there before our services start. */
export function tmpfilesText(paths: Paths): string {
  const lines = packagedDirectories(paths).map(
    ({ path, mode, owner, group }) => `d ${path} ${mode.toString(8).padStart(4, '0')} ${owner} ${group} -`,
  );
  return `# Folders of easycerts' services.\n${lines.join('\n')}\n`;
}

/** `/usr/lib/modules-load.d/easycerts.conf`: what the kernel does not load by itself when it is first used, and overlay early. */
export const modulesText = '# What Kubernetes needs of the kernel.\noverlay\nbr_netfilter\n';

/** `/usr/lib/sysctl.d/90-easycerts.conf`; `-`: no error where br_netfilter is absent, `joiner preflight` tells of that. */
export const sysctlText = `# What Kubernetes needs of the kernel: packets go on to the pods, and through kube-proxy's rules.
net.ipv4.ip_forward = 1
-net.bridge.bridge-nf-call-iptables = 1
`;
