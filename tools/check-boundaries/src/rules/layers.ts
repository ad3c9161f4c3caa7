/** Who may import whom, by kind of package. */

import {
  allImports,
  isTestFile,
  type PackageType,
  packageNameOf,
  type Rule,
  type WorkspacePackage,
} from '../workspace.ts';

const mayImport: Readonly<Record<PackageType, readonly PackageType[]>> = {
  core: ['core'],
  contract: ['core', 'contract'],
  edge: ['core', 'contract', 'edge'],
  app: ['core', 'contract', 'edge'],
  bundle: ['core', 'contract', 'edge', 'app'],
  testing: ['core', 'contract', 'edge', 'testing'],
  e2e: ['core', 'contract', 'edge', 'testing', 'tool'],
  tool: ['core', 'contract', 'edge', 'testing', 'tool'],
};

/** `easycerts up` fetches or builds the programs that it starts. */
const exceptions: readonly (readonly [from: PackageType, to: string])[] = [['bundle', '@easycerts/kube-assets']];

/** Each import of another package stays within what the kinds allow; tests may use the test kit besides. */
export const layers: Rule = (workspace) => {
  const byName = new Map(workspace.packages.map(({ package: one }) => [one.name, one]));
  return allImports(workspace).flatMap(({ from, path, where, imported }) => {
    const to = byName.get(packageNameOf(imported.specifier) ?? '');
    if (to === undefined || to.name === from.name || isAllowed(from, to, isTestFile(path))) return [];
    const message = `${from.name} (type:${from.type ?? 'none'}) may not import ${to.name} (type:${to.type ?? 'none'})`;
    return [{ rule: 'layers', where, message }];
  });
};

/** Each package has exactly one kind. */
export const tagged: Rule = ({ packages }) =>
  packages
    .filter(({ package: { type } }) => type === undefined)
    .map(({ package: { folder } }) => ({
      rule: 'tagged',
      where: `${folder}/package.json`,
      message: `nx.tags must have exactly one of ${Object.keys(mayImport)
        .map((type) => `type:${type}`)
        .join(', ')}`,
    }));

function isAllowed(from: WorkspacePackage, to: WorkspacePackage, isTest: boolean): boolean {
  if (from.type === undefined || to.type === undefined) return false;
  if (isTest && to.type === 'testing') return true;
  if (exceptions.some(([type, name]) => type === from.type && name === to.name)) return true;
  return mayImport[from.type].includes(to.type);
}
