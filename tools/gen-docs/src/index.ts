export type { LockFile } from './dependencies-page.ts';
export { dependencyProblems } from './dependencies-page.ts';
export type { WorkspaceFacts } from './documents.ts';
export { documentFolders, documents } from './documents.ts';
export type { EventContract } from './event-compatibility.ts';
export { currentEvents, incompatibilities, releasedEvents } from './event-compatibility.ts';
