/**
 * The systemd units of the Kubernetes components. Those of our own services come with the package, for they run before
 * anything has been rendered.
 */

import {
  type ComponentName,
  type ComponentSpec,
  componentNames,
  componentUnit,
  type Paths,
  type RenderedFile,
} from '@easycerts/cluster';
import { generatedNotice, textFile } from './yaml-file.ts';

/** One unit a Kubernetes component. */
export function componentUnits(components: readonly ComponentSpec[], paths: Paths): readonly RenderedFile[] {
  return components
    .filter(({ component }) => componentNames.includes(component as ComponentName))
    .map((spec) =>
      textFile(
        { path: `${paths.systemdUnits}/${spec.unit}.service`, owner: 'root', mode: 0o644 },
        generatedNotice + componentUnit(spec),
      ),
    );
}
