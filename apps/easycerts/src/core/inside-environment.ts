/** The environment of everything in the sandbox. */

import { insidePaths } from './programs-plan.ts';

export const insideEnvironment: Readonly<Record<string, string>> = {
  PATH: `${insidePaths.commands}:${insidePaths.bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
  HOME: '/root',
  LANG: 'C.UTF-8',
  container: 'easycerts',
  KUBECONFIG: '/etc/kubernetes/cluster-admin.kubeconfig',
};
