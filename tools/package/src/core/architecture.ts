/** The processors that the package is made for, in everybody's words. */

import { AppError } from '@easycerts/core';

export const architectures = ['x64', 'arm64'] as const;
/** Node.js' word. */
export type Architecture = (typeof architectures)[number];

/** Debian's word. */
export const debianArchitecture: Readonly<Record<Architecture, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Understands Node.js' words and Debian's. Throws INVALID_INPUT. */
export function parseArchitecture(text: string): Architecture {
  const found = architectures.find((one) => one === text || debianArchitecture[one] === text);
  if (found !== undefined) return found;
  throw new AppError('INVALID_INPUT', `there is no package for ${text}`, {
    details: { cure: `give --arch ${architectures.join(' or --arch ')}` },
  });
}
