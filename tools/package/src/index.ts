/** Builds the Debian package. */
export const packageName = 'easycerts';
