/** What a Go program says about itself: `go version -m`. Pure. */

export interface GoModule {
  readonly path: string;
  /** `v1.2.3`. */
  readonly version: string;
}

/** The modules that it is made of, its own first. */
export function goModules(output: string): readonly GoModule[] {
  return [...output.matchAll(/^\t(?:mod|dep|=>)\t(\S+)\t(v\S+)/gm)].map(([, path = '', version = '']) => ({
    path,
    version,
  }));
}
