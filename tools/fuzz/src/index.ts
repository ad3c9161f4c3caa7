export { findTargets, readArguments } from './arguments.ts';
