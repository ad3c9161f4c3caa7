/** Every kind of thing a group needs as one shape: look whether it is there, else get it. */

import { join } from 'node:path';
import type { Apt } from './apt.ts';
import type { GoBinary } from './binaries.ts';
import { cachedCniFolder, fetchPackage, findCniFolder } from './deb-package.ts';
import { findBinary, findOnPath, withSystemFolders } from './find-binary.ts';
import { type BuildContext, buildBinary } from './go-build.ts';
import type { Plan } from './groups.ts';
import { type DebPackage, debPackages } from './packages.ts';
import { type PinFiles, pinnedVersion } from './pins.ts';
import { packagesOf, type SystemTool } from './system-tools.ts';

/** Paths by name of program; `cni` is the folder of plugins. */
export type Found = ReadonlyMap<string, string>;

export interface Step {
  readonly name: string;
  readonly kind: 'go' | 'package' | 'tools';
  /** Where it is, or undefined. Throws for a wrong program in EASYCERTS_BIN_DIR. */
  find(): Promise<Found | undefined>;
  get(): Promise<Found>;
}

/** Whatever is to be got: a group's plan, or another. */
export type StepPlan = Pick<Plan, 'tools'> & {
  readonly binaries: readonly GoBinary[];
  readonly packages: readonly DebPackage[];
};

export interface StepContext extends BuildContext {
  readonly files: PinFiles;
  readonly apt: Apt;
}

/** Quick ones first, so that what fails for want of rights or network fails before the long builds. */
export function stepsOf(plan: StepPlan, context: StepContext): readonly Step[] {
  return [
    ...(plan.tools.length === 0 ? [] : [toolsStep(plan.tools, context)]),
    ...plan.packages.map((wanted) => packageStep(wanted, context)),
    ...plan.binaries.map((binary) => goStep(binary, context)),
  ];
}

function goStep(binary: GoBinary, context: StepContext): Step {
  const version = pinnedVersion(binary, context.files);
  const requirement = { ...binary, pinned: version };
  return {
    name: binary.requires === undefined ? binary.name : `${binary.name} ${version}`,
    kind: 'go',
    find: async () => {
      const found = await findBinary(requirement, { env: context.env, cacheBin: context.dirs.bin });
      return found === undefined ? undefined : new Map([[binary.name, found.path]]);
    },
    get: async () => new Map([[binary.name, await buildBinary(binary, version, context)]]),
  };
}

function packageStep(wanted: DebPackage, context: StepContext): Step {
  const { dirs } = context;
  const env = withSystemFolders(context.env);
  const cachedCni = cachedCniFolder(debPackages, dirs);
  return {
    name: wanted.name,
    kind: 'package',
    find: async () => {
      const found = new Map<string, string>();
      for (const binary of wanted.binaries) {
        const one = await findBinary({ ...binary, pinned: '' }, { env, cacheBin: dirs.bin });
        if (one === undefined) return undefined;
        found.set(binary.name, one.path);
      }
      if (wanted.cniFolder === undefined) return found;
      const folder = await findCniFolder(cachedCni, env);
      return folder === undefined ? undefined : found.set('cni', folder);
    },
    get: async () => {
      await fetchPackage(wanted, context);
      const programs = wanted.binaries.map(({ name }) => [name, join(dirs.bin, name)] as const);
      return new Map([...programs, ...(wanted.cniFolder === undefined ? [] : [['cni', cachedCni] as const])]);
    },
  };
}

/** The tools are not moved anywhere: whoever needs them finds them on PATH. */
function toolsStep(tools: readonly SystemTool[], context: StepContext): Step {
  return {
    name: 'system tools',
    kind: 'tools',
    find: async () => ((await missingTools(tools, context)).length === 0 ? new Map() : undefined),
    get: async () => {
      await context.apt.install(packagesOf(await missingTools(tools, context)));
      return new Map();
    },
  };
}

/** Those that are neither on PATH nor in the system's folders. */
export async function missingTools(
  tools: readonly SystemTool[],
  { env }: Pick<StepContext, 'env'>,
): Promise<readonly SystemTool[]> {
  const search = withSystemFolders(env);
  const found = await Promise.all(tools.map((tool) => findOnPath(tool.command, search)));
  return tools.filter((_, index) => found[index] === undefined);
}
