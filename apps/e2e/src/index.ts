export { findSuites, type Suite } from './find-suites.ts';
export { runSuites } from './run-suites.ts';
