/** What main.ts prints. */

export interface BurstReport {
  /** From the first token to the last host that has everything, and has said so; for leaving, that is gone. */
  readonly elapsedMs: number;
  /** Of the simulated hosts, all of them together. */
  readonly cpuMs: number;
  readonly hosts: readonly Outcome[];
}

export interface Outcome {
  readonly name: string;
  /** Of a host that has joined. */
  readonly report?: SimulatedHostReport;
  /** Why it could not. */
  readonly problem?: string;
}

/** What a host got, and when: milliseconds since it was given the token. */
export interface SimulatedHostReport {
  /** One for each time that the CA was asked, pinned CA found first; more than one when it did not answer the first time. */
  readonly enrolMs: readonly number[];
  readonly identityMs: number;
  /** Every certificate is there. */
  readonly certificatesMs: number;
  /** The document of the master has come over the bus, and is applied. */
  readonly documentMs: number;
  /** Names of the certificates, each as often as it was delivered. */
  readonly delivered: readonly string[];
  /** What did not go well the first time. */
  readonly failures: readonly string[];
}
