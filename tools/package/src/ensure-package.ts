/** Makes the Debian package, or finds it made: the one door of this package. */

import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, toAppError } from '@easycerts/core';
import { ensurePinnedProgram, takeLock } from '@easycerts/kube-assets';
import { type Bundle, bundle } from './bundle.ts';
import { type Architecture, debianArchitecture } from './core/architecture.ts';
import { isDebianVersion } from './core/control.ts';
import { type ContentFacts, executableFile, natsServerFile, packageContent } from './core/package-content.ts';
import { seaConfig } from './core/sea-config.ts';
import { describePrograms } from './describe-programs.ts';
import { buildExecutable } from './executable.ts';
import { digestOf, digestOfFile, freshDigest, stampPackage } from './freshness.ts';
import { goNotices } from './go-notices.ts';
import { readDocuments, readPackageTexts, repository } from './package-texts.ts';
import { sourceDateS } from './source-date.ts';
import { openSteps, type PackageReport, type Steps } from './steps.ts';
import { ensureTargetNode } from './target-node.ts';
import { type Compression, compressions, writeDeb } from './write-deb.ts';

export interface PackageOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Default: this machine's. */
  readonly architecture?: Architecture;
  /** Default: `dist/` of the repository. */
  readonly folder?: string;
  /** Of the package; default: that of the sources. */
  readonly version?: string;
  readonly compression?: Compression;
  readonly report?: PackageReport | undefined;
  /** Ends the work with CANCELLED. */
  readonly signal?: AbortSignal | undefined;
}

export interface BuiltPackage {
  readonly path: string;
  readonly version: string;
  readonly architecture: Architecture;
  readonly bytes: number;
  readonly sha256: string;
  /** It was there, made of the same. */
  readonly isFresh: boolean;
}

/** The package of the sources as they are. Throws what a person can mend with its cure. */
export async function ensurePackage(options: PackageOptions): Promise<BuiltPackage> {
  const architecture = options.architecture ?? nativeArchitecture();
  const steps = openSteps(options.report);
  const inputs = await gatherInputs(architecture, steps, options);
  const { version } = inputs;
  const folder = options.folder ?? join(repository, 'dist');
  const path = join(folder, `easycerts_${fileVersion(version)}_${debianArchitecture[architecture]}.deb`);
  const madeOf = await digestOfInputs(inputs);
  await mkdir(folder, { recursive: true });
  // whoever waits for another run finds what that has made
  const onWait = (): void => steps.tell('package', 'waiting for another run that makes it');
  const lock = await takeLock(path, { signal: options.signal, onWait });
  try {
    const fresh = await freshDigest(path, madeOf);
    if (fresh === undefined) await build({ ...inputs, path, folder, steps, options });
    else steps.tellCached('package', path);
    const sha256 = fresh ?? (await stampPackage(path, madeOf));
    const { size } = await stat(path);
    return { path, version, architecture, bytes: size, sha256, isFresh: fresh !== undefined };
  } finally {
    await lock.release();
  }
}

interface Inputs extends Omit<ContentFacts, 'executable'>, Bundle {
  readonly architecture: Architecture;
  readonly compression: Compression;
  readonly node: string;
  readonly builder: string;
  readonly natsDigest: string;
}

async function gatherInputs(architecture: Architecture, steps: Steps, options: PackageOptions): Promise<Inputs> {
  const { env, signal } = options;
  const native = nativeArchitecture();
  const node = await steps.run('Node.js', () =>
    ensureTargetNode({ architecture, env, signal, onFetch: () => steps.tell('Node.js', 'is fetched with npm') }),
  );
  const builder = architecture === native ? node : await ensureTargetNode({ architecture: native, env, signal });
  const nats = await steps.run('nats-server', () =>
    ensurePinnedProgram({
      name: 'nats-server',
      architecture,
      env,
      signal,
      report: ({ kind, detail }) => kind === 'start' && steps.tell('nats-server', detail ?? 'is built'),
    }),
  );
  const bundled = await steps.run('script', () => bundle());
  const described = await steps.run('commands', () => describePrograms({ env, signal }));
  const version = options.version ?? described.version;
  if (!isDebianVersion(version)) {
    throw new AppError('INVALID_INPUT', `${version} is no version of a Debian package`, {
      details: { cure: 'it begins with a digit and has letters, digits and . + ~ -, such as 1.2.3~rc1' },
    });
  }
  const nodeNotice = {
    file: executableFile,
    name: `Node.js ${node.version}`,
    text: await readFile(join(node.folder, 'LICENSE'), 'utf8'),
  };
  const natsDigest = await digestOfFile(nats.path);
  const natsNotices = await goNotices({ program: nats.path, digest: natsDigest, file: natsServerFile, env, signal });
  return {
    architecture,
    compression: options.compression ?? 'fast',
    version,
    epochS: await sourceDateS(env, signal),
    described,
    texts: await readPackageTexts(),
    documents: await readDocuments(),
    ...bundled,
    notices: [...bundled.notices, nodeNotice, ...natsNotices],
    node: join(node.folder, 'bin/node'),
    builder: join(builder.folder, 'bin/node'),
    natsServer: nats.path,
    natsDigest,
  };
}

/** Our own files that decide how the package's files come about. */
const recipe = [
  'executable.ts',
  'core/strip-elf.ts',
  'core/trim-symbols.ts',
  'core/elf-file.ts',
  'core/gnu-hash-table.ts',
  'write-deb.ts',
] as const;

/** Everything that decides about the bytes of the package, but for the programs of others that make it. */
async function digestOfInputs(inputs: Inputs): Promise<string> {
  const { architecture, compiler, compression, first, natsDigest, node, scripts, signingThread } = inputs;
  const files = { script: '/script', node: '/node', executable: '/executable', assets: {} };
  return digestOf([
    packageContent({ ...inputs, executable: '/executable', natsServer: '/nats-server' }),
    inputs.version,
    inputs.epochS,
    architecture,
    compressions[compression],
    seaConfig(files),
    architecture === process.arch,
    Object.entries({ first, compiler, signingThread, ...scripts }).map(([name, text]) => [
      name,
      Buffer.from(text).toString('base64'),
    ]),
    await digestOfFile(node),
    await Promise.all(recipe.map((file) => digestOfFile(join(import.meta.dirname, file)))),
    natsDigest,
  ]);
}

interface Work extends Inputs {
  readonly path: string;
  readonly folder: string;
  readonly steps: Steps;
  readonly options: PackageOptions;
}

async function build({ options, folder: out, path, steps, ...inputs }: Work): Promise<void> {
  const { env, signal } = options;
  const folder = await mkdtemp(join(out, '.package-'));
  try {
    const executable = await steps.run('executable', () => buildExecutable({ ...inputs, folder, env, signal }));
    await steps.run('package', () =>
      writeDeb({
        content: packageContent({ ...inputs, executable }),
        facts: { version: inputs.version, architecture: debianArchitecture[inputs.architecture] },
        epochS: inputs.epochS,
        compression: inputs.compression,
        folder,
        path,
        env,
        signal,
      }),
    );
  } catch (error) {
    throw toAppError(error, 'make the package');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The epoch of a version is not part of file names (deb-version(7)). */
function fileVersion(version: string): string {
  return version.replace(/^\d+:/, '');
}

function nativeArchitecture(): Architecture {
  if (process.arch === 'x64' || process.arch === 'arm64') return process.arch;
  throw new AppError('FAILED_PRECONDITION', `packages are made on x64 and arm64, this is ${process.arch}`);
}
