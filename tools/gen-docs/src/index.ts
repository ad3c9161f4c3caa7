export { documentFolders, documents } from './documents.ts';
export type { EventContract } from './event-compatibility.ts';
export { currentEvents, incompatibilities, releasedEvents } from './event-compatibility.ts';
