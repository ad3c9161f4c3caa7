/** What the phases of `joiner join` and `joiner init` act upon: this host, or a stand-in that behaves like one. */

import { agentReplaces, agentUnit } from '@easycerts/cluster';
import type { NodeReadiness } from '../core/node-readiness.ts';
import type { PreflightFinding } from '../core/preflight/finding.ts';
import type { Phase, WaitingContext } from './phase.ts';

export interface JoinActions {
  /** Everything that preflight finds; with `--fix` after what it could mend has been mended. */
  preflight(): Promise<readonly PreflightFinding[]>;
  /** The programs of the components, once the configuration says where they are to be. */
  checkPrograms(): Promise<readonly PreflightFinding[]>;
  /** The first line of standard input; undefined when there is none. Reads once. */
  readToken(): Promise<string | undefined>;
  /** Whether the CA takes the identity that this host has; false also when it cannot be asked. */
  isMember(): Promise<boolean>;
  /** Keeps the token where certmgr looks for it, for root alone. */
  installToken(line: string): Promise<void>;
  /** Has them start now and at every boot, without waiting for them. */
  startServices(units: readonly string[], others?: OtherServices): Promise<void>;
  /** `ca init`. */
  makeAuthorities(): Promise<void>;
  /** `config-renderer apply`; the files that it wrote. */
  applyConfiguration(): Promise<readonly string[]>;
  askNode(name: string): Promise<NodeReadiness>;
}

export interface OtherServices {
  /** Those that must begin anew. */
  readonly restart?: readonly string[];
  /** Those that start at no boot any more: what is started stops them. */
  readonly replaced?: readonly string[];
}

export interface JoinContext extends WaitingContext {
  readonly actions: JoinActions;
  /** Checks of preflight whose errors count as warnings. */
  readonly ignoredChecks: readonly string[];
}

export type JoinPhase = Phase<JoinContext>;

/** Our own services on a node, and on a master, in the order in which they come up. */
export const nodeServices = [agentUnit] as const;
export const masterServices = ['easycerts-nats', 'easycerts-ca', ...agentReplaces] as const;
/** All that may run on a host, whatever it is. */
export const ownServices = [...masterServices, ...nodeServices] as const;
