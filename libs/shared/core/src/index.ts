export type { ErrorCode, ErrorDetails, ErrorOptionsWithDetails } from './app-error.ts';
export { AppError, errorCodes, isAppError, systemErrorCode, toAppError } from './app-error.ts';
export type { Check, Finding } from './check-chain.ts';
export { allFindings, firstFinding } from './check-chain.ts';
export { exitCodeOf } from './exit-code.ts';
export type { ComponentActionReason, DenyReason, ReissueReason } from './reasons.ts';
export { componentActionReasons, denyReasons, reissueReasons } from './reasons.ts';
export type { Clock } from './time.ts';
export { dayMs, formatDuration, hourMs, minuteMs, parseDurationMs, secondMs } from './time.ts';
