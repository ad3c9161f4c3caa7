/** The unprivileged user that the CA runs as; owner of its keys. */
export const caUser = 'easycerts-ca';
