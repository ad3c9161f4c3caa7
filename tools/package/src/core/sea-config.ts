/** How Node.js makes the executable (https://nodejs.org/api/single-executable-applications.html). Pure. */

export interface SeaFiles {
  readonly script: string;
  readonly node: string;
  readonly executable: string;
}

/** `hasSameProcessor`: compiled code can only be stored for the processor that compiles it. */
export function seaConfig(files: SeaFiles, hasSameProcessor: boolean): Readonly<Record<string, unknown>> {
  return {
    // a name without the folder: it is what stack traces show, and must not differ from one build to the next
    main: basenameOf(files.script),
    mainFormat: 'commonjs',
    executable: files.node,
    output: files.executable,
    disableExperimentalSEAWarning: true,
    useSnapshot: false,
    useCodeCache: hasSameProcessor,
    execArgv,
    // NODE_OPTIONS of whoever calls us is about other programs
    execArgvExtension: 'none',
  };
}

const execArgv: readonly string[] = [
  // half the memory of a busy CA at the same speed (docs/adr/0017)
  '--max-semi-space-size=2',
  // no debugger for whoever may send a signal
  '--disable-sigusr1',
];

function basenameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
