export { command } from './commands/command.ts';
export type { AddonManagerOptions } from './start-addon-manager.ts';
export { startAddonManager } from './start-addon-manager.ts';
