/** `host:port`, `[address]:port`: the parts of an endpoint. */

/** The host, without brackets. */
export function hostOfEndpoint(endpoint: string): string {
  return endpoint.slice(0, endpoint.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}

export function portOfEndpoint(endpoint: string): number {
  return Number(endpoint.slice(endpoint.lastIndexOf(':') + 1));
}
