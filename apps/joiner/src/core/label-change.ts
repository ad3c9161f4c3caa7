/** Which labels of the Node object have to change. */

export type Labels = Readonly<Record<string, string>>;

/**
 * What a merge patch has to say (RFC 7386: null removes), undefined when that is nothing. Only what was set by us before is
 * removed; what others have set stays. Pure.
 */
export function labelChange(set: Labels, wanted: Labels): Readonly<Record<string, string | null>> | undefined {
  const added = Object.entries(wanted).filter(([label, value]) => !Object.hasOwn(set, label) || set[label] !== value);
  const removed = Object.keys(set).filter((label) => !Object.hasOwn(wanted, label));
  if (added.length === 0 && removed.length === 0) return undefined;
  return Object.fromEntries([...added, ...removed.map((label) => [label, null] as const)]);
}
