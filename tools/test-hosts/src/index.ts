/** Hosts for tests, each with systemd as its own PID 1. */
export const hostGroup = 'easycerts-hosts';
