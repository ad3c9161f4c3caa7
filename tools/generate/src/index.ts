export type { StaleFile } from './generated-files.ts';
export { generateAll, staleFiles } from './generated-files.ts';
export { interfaceProblems } from './release.ts';
export { workspaceRoot, workspaceVersion } from './workspace.ts';
