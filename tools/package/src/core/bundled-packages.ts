/** Which libraries a bundle is made of. Pure. */

/** The folders of the npm packages that the files lie in, sorted, each once: `node_modules/zod`, also nested ones. */
export function bundledPackages(files: readonly string[]): readonly string[] {
  const folders = files.map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
  return [...new Set(folders.filter((folder) => folder !== undefined))].sort();
}
