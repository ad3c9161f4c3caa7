/** Everything this package offers. */

export { type Apt, hasApt, installCommand, openApt } from './apt.ts';
export type { AssetEvent, Assets, Report, SeedImage } from './assets.ts';
export { type BenchAssets, type BenchProgram, ensureBenchAssets } from './bench-assets.ts';
export { type CacheDirs, cacheDirs, type Environment } from './cache-dirs.ts';
export type { EnsureOptions } from './ensure-assets.ts';
export { ensureAssets } from './ensure-assets.ts';
export { explainFailure } from './failure-text.ts';
export { findOnPath, withSystemFolders } from './find-binary.ts';
export type { BinaryName, Group, ImageName } from './groups.ts';
export { groups, isGroup } from './groups.ts';
export { type Lock, takeLock } from './lock.ts';
export { ensureOwnProgram, type OwnProgramOptions } from './own-program.ts';
export type { PinnedProgram, PinnedProgramOptions } from './pinned-program.ts';
export { ensurePinnedProgram } from './pinned-program.ts';
export { placeFolder, removeLeftovers, temporaryName } from './place-file.ts';
export { renderError, renderEvent } from './render-event.ts';
export { type CommandResult, runCommand } from './run-command.ts';
