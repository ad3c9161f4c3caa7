/** One endpoint of cfssl's API. */

import type { CfsslMessage } from '../../core/cfssl/envelope.ts';

export interface CfsslCall {
  /** '' for GET. */
  readonly body: string;
  /** `address:port` */
  readonly peer: string;
  /** The part of the address behind `?`. */
  readonly query: URLSearchParams;
}

export interface CfsslResult {
  readonly result: unknown;
  readonly messages?: readonly CfsslMessage[];
}

export interface CfsslEndpoint {
  readonly method: 'GET' | 'POST';
  readonly answer: (call: CfsslCall) => CfsslResult | Promise<CfsslResult>;
}
