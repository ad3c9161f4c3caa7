/** How Node.js makes the executable (https://nodejs.org/api/single-executable-applications.html). Pure. */

export interface SeaFiles {
  /** The script that runs first. */
  readonly script: string;
  readonly node: string;
  readonly executable: string;
  /** What the first script finds by name (`sea.getRawAsset`). */
  readonly assets: Readonly<Record<string, string>>;
}

export function seaConfig(files: SeaFiles): Readonly<Record<string, unknown>> {
  return {
    // a name without the folder: it is what stack traces show, and must not differ from one build to the next
    main: basenameOf(files.script),
    mainFormat: 'commonjs',
    executable: files.node,
    output: files.executable,
    disableExperimentalSEAWarning: true,
    useSnapshot: false,
    // a page of text; the scripts have their compiled code among the assets
    useCodeCache: false,
    execArgv,
    // NODE_OPTIONS of whoever calls us is about other programs
    execArgvExtension: 'none',
    assets: files.assets,
  };
}

/** What Node.js is told; compiled code is only good for a V8 that was told the same. */
export const execArgv: readonly string[] = [
  // no debugger for whoever may send a signal
  '--disable-sigusr1',
];

function basenameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
