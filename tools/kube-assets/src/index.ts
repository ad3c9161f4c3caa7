/** Everything this package offers. */

export type { AssetEvent, Assets, Report, SeedImage } from './assets.ts';
export type { EnsureOptions } from './ensure-assets.ts';
export { ensureAssets } from './ensure-assets.ts';
export type { BinaryName, Group, ImageName } from './groups.ts';
export { groups, isGroup } from './groups.ts';
export { renderEvent } from './render-event.ts';
