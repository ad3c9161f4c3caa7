/** Our own programs in the sandbox: Node.js, this repository, the Kubernetes binaries, CNI plugins, images. */

import { basename } from 'node:path';
import { bindReadOnly, directory, file, type Mount, type RootPlan } from './root-plan.ts';

/** Places on the machine; absolute and without symbolic links. */
export interface ProgramFacts {
  /** The Node.js program that runs us. */
  readonly nodeExecutable: string;
  readonly repository: string;
  readonly dataDirectory: string;
  readonly binDirectory: string;
  readonly cniDirectory: string;
  /** Image archives. */
  readonly images: readonly string[];
  /** Shared libraries that the machine lacks. */
  readonly libraryDirectory?: string;
}

/** Where things lie inside. */
export const insidePaths = {
  bin: '/opt/easycerts/bin',
  cniBin: '/opt/cni/bin',
  app: '/opt/easycerts/app',
  main: '/opt/easycerts/app/apps/easycerts/src/main.ts',
  node: '/opt/easycerts/node/bin/node',
  images: '/opt/easycerts/images',
  libraries: '/opt/easycerts/lib',
  commands: '/opt/easycerts/commands',
} as const;

/** What a host with the single executable has as links to it. */
const commandNames = ['easycerts', 'ca', 'certmgr', 'config-renderer', 'joiner', 'addon-manager'];

/** Plans /opt, all of it for reading only. */
export function planPrograms(facts: ProgramFacts): RootPlan {
  const folders: readonly (readonly [string, string])[] = [
    [facts.repository, insidePaths.app],
    [facts.binDirectory, insidePaths.bin],
    [facts.cniDirectory, insidePaths.cniBin],
    ...(facts.libraryDirectory === undefined ? [] : [[facts.libraryDirectory, insidePaths.libraries] as const]),
  ];
  const files: readonly (readonly [string, string])[] = [
    [facts.nodeExecutable, insidePaths.node],
    ...facts.images.map((archive) => [archive, imagePath(archive)] as const),
  ];
  return {
    entries: [
      ...folders.map(([, inside]) => directory(inside)),
      ...files.map(([, inside]) => file(inside)),
      directory(hiddenData),
      ...commandNames.map((name) => file(`${insidePaths.commands}/${name}`, commandScript(name), 0o755)),
    ],
    mounts: [
      ...folders.map(([path, inside]) => bindReadOnly(path, inside)),
      ...files.map(([path, inside]) => bindReadOnly(path, inside)),
      ...hideDataDirectory(facts),
    ],
  };
}

/** Where an image archive lies inside. */
export function imagePath(archive: string): string {
  return `${insidePaths.images}/${basename(archive)}`;
}

function commandScript(name: string): string {
  const command = name === 'easycerts' ? '' : ` ${name}`;
  return `#!/bin/sh\nexec ${insidePaths.node} ${insidePaths.main}${command} "$@"\n`;
}

const hiddenData = '/.sandbox/hidden-data';

/** The data directory often lies in the repository: it is seen as /var and /etc, and nowhere else. */
function hideDataDirectory({ repository, dataDirectory }: ProgramFacts): readonly Mount[] {
  if (!dataDirectory.startsWith(`${repository}/`)) return [];
  const target = `${insidePaths.app}${dataDirectory.slice(repository.length)}`;
  return [{ source: hiddenData, target, type: 'none', options: ['bind', 'ro'], fromInside: true }];
}
