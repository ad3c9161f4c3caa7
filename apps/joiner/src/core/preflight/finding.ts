/** What preflight tells: which check, how bad, what is wrong, and the command that mends it. */

export interface PreflightFinding {
  /** Name of the check, for `--ignore-preflight`. */
  readonly check: string;
  /** A warning never stops anything. */
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** A command to type, or what to do. */
  readonly cure: string;
}

/** What a check finds; its name is put to it by the list of checks. */
export type Found = Omit<PreflightFinding, 'check'>;
