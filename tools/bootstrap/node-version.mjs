/** Which Node may run the bootstrap itself. */

/** The oldest major version that is tested: Debian 13 and Ubuntu 26.04 have it or a newer one. */
export const oldestMajor = 20;

/**
 * A message for people when Node is too old; undefined when it will do.
 * @param {string} version such as 20.19.2
 * @returns {string | undefined}
 */
export function versionProblem(version) {
  const major = Number(version.split('.')[0]);
  if (major >= oldestMajor) return undefined;
  return (
    `error: this is Node ${version}, and Node ${oldestMajor} or newer is needed\n` +
    'cure: install the package nodejs of your distribution (Debian 13 and later have a new enough one), then run the command again'
  );
}
