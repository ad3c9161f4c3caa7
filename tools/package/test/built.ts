/** The package that the tests look at: made once, in `dist/`, where `npm run package` puts it too. */

import { spawnSync } from 'node:child_process';
import { type BuiltPackage, ensurePackage } from '../src/index.ts';

/** Why packages cannot be made here; false when they can. For the option `skip` of a test. */
export const whyNoPackage: string | false =
  spawnSync('dpkg-deb', ['--version']).error !== undefined && 'no dpkg-deb here';

let built: Promise<BuiltPackage> | undefined;

/** Made when it is not fresh. */
export function builtPackage(): Promise<BuiltPackage> {
  built ??= ensurePackage({ env: process.env });
  return built;
}
