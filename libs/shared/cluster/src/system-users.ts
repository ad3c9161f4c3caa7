/** The users that our services and components run as: the package makes them. */

export interface SystemUser {
  /** Of the user and of its group. */
  readonly name: string;
  readonly purpose: string;
}

/** In an order that stays: where numbers are given by it, new ones go to the end. */
export const systemUsers = [
  { name: 'easycerts-ca', purpose: 'easycerts certificate authority' },
  { name: 'easycerts-nats', purpose: 'easycerts bus' },
  { name: 'kubernetes', purpose: 'Kubernetes control plane' },
  { name: 'etcd', purpose: 'etcd' },
] as const satisfies readonly SystemUser[];
