/** The order in which components are shown: that in which a cluster comes up. */

import { componentNames, unitOf } from '@easycerts/cluster';

const services = ['easycerts-nats', 'easycerts-ca', 'easycerts-certmgr', 'easycerts-config-renderer'];
const order: readonly string[] = [...services, ...componentNames.map((name) => unitOf[name])];

/** Sorted; unknown units come last, as they were. */
export function inStartOrder<T extends { readonly unit: string }>(units: readonly T[]): readonly T[] {
  const rank = ({ unit }: T): number => (order.includes(unit) ? order.indexOf(unit) : order.length);
  return units.toSorted((a, b) => rank(a) - rank(b));
}
