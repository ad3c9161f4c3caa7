/** Makes the Debian package. */

export { type Bundle, bundle } from './bundle.ts';
export type { Architecture } from './core/architecture.ts';
export type { BuiltPackage, PackageOptions } from './ensure-package.ts';
export { ensurePackage } from './ensure-package.ts';
export type { PackageReport } from './steps.ts';
