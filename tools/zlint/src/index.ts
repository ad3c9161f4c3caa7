export { type NotForUs, notForUs } from './not-for-us.ts';
export { type CertificateReport, type LintFinding, lintCertificates } from './zlint.ts';
