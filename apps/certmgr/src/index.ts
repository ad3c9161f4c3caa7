export { command } from './commands/command.ts';
export type { CertmgrOptions, CertmgrSettings } from './config.ts';
export { caEndpoint, defaultSettings } from './config.ts';
export type { AuthorityConnection } from './edge/authority.ts';
export { awaitEnrolledConfig, type EnrolledConfig, startHostCertmgr } from './host-service.ts';
export type { RunningCertmgr } from './start-certmgr.ts';
export { startCertmgr } from './start-certmgr.ts';
