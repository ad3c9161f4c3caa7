/** Where CoreDNS listens in its pod (NixOS's ports); the Service listens on 53. */
export const corednsPorts = { dns: 10_053, health: 10_054, metrics: 10_055, ready: 10_056 } as const;
