/** The field Installed-Size, as dpkg-gencontrol(1) counts: every file in whole KiB, every other entry one. Pure. */

/** `sizes` are those of the files in bytes. */
export function installedKiB(sizes: readonly number[], otherEntries: number): number {
  return sizes.reduce((sum, size) => sum + Math.ceil(size / 1024), otherEntries);
}
