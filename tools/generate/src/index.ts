export { missingPackages } from './complete-lock.ts';
export type { StaleFile } from './generated-files.ts';
export { generateAll, staleFiles } from './generated-files.ts';
export { interfaceProblems } from './release.ts';
export { workspaceRoot } from './workspace.ts';
