export { command } from './commands/command.ts';
export { applyPlan, type HostRendererOptions, planHost, type RenderPlan } from './edge/host-renderer.ts';
export { startConfigRenderer } from './start-config-renderer.ts';
