/** What a benchmark wants of our CA, and what that says of itself. */

export interface CaWish {
  /** The API of cfssl on HTTP instead of HTTPS. */
  readonly isPlain: boolean;
  /** `sign` without a key, as cfssl does it unless told otherwise; else `authsign`. */
  readonly isOpen: boolean;
  readonly hasLedger: boolean;
  /** So many nodes in the register, each with a profile of its own. */
  readonly hosts?: number;
}

export interface CaReport {
  readonly cfsslPort: number;
  readonly grpcPort: number;
  readonly httpsPort: number;
  /** The CA and its nats-server. */
  readonly pids: readonly number[];
  /** Of `authsign`, hexadecimal; '' when it is open. */
  readonly key: string;
  /** Certificate sets of the node that certificates are for, and of the master. */
  readonly nodeIdentity: string;
  readonly masterIdentity: string;
}
