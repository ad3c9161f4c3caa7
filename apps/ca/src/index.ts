export { command } from './commands/command.ts';
export type { CaOptions, Listen } from './config.ts';
export type { InitOptions, InitResult } from './edge/initialize/initialize.ts';
export { initializeCa } from './edge/initialize/initialize.ts';
export type { CaContext, RunningCa } from './start-ca.ts';
export { startCertificateAuthority } from './start-ca.ts';
