/** The Kubernetes programs and images as hosts see them: what a user would have installed there before. Pure. */

import { dirname } from 'node:path';
import type { Assets } from '@easycerts/kube-assets';
import type { Share } from './host-plan.ts';

/** Where hosts have the programs: a value for `binDir`. */
export const hostBinDir = '/opt/kubernetes/bin';
/** Where hosts have the image archives. */
export const hostImagesDir = '/opt/kubernetes/images';

/** Programs and image archives, read-only. */
export function kubernetesShares({ binDir, images }: Pick<Assets, 'binDir' | 'images'>): readonly Share[] {
  const folders = new Set(Object.values(images).map(({ archive }) => dirname(archive)));
  return [{ from: binDir, to: hostBinDir }, ...[...folders].map((from) => ({ from, to: hostImagesDir }))];
}
