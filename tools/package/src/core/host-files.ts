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
