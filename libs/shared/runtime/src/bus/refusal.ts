/** What the bus refused, in the shape of the event `bus.refused`. */

export interface BusRefusal {
  readonly kind: 'connection' | 'subscribe' | 'publish';
  /** Subject of the client certificate or name of the connection's user; empty when unknown. */
  readonly user: string;
  /** NATS subject; empty for a connection. */
  readonly subject: string;
  readonly detail: string;
  /** Address of the client, without port: the same client again has another. */
  readonly peer: string;
}
