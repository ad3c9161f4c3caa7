/** cluster.yaml and host facts become every file of the host: the whole of what config-renderer writes. Pure. */

import type { ComponentContext, DesiredState, RenderedFile } from '@easycerts/cluster';
import { addonFiles } from './addons/index.ts';
import { componentUnits } from './component-units.ts';
import { containerdFiles } from './containerd-config.ts';
import { cniFiles, type FlannelSubnet, flannelFiles } from './flannel-config.ts';
import { kubeconfigs } from './kubeconfig.ts';
import { kubeletFiles } from './kubelet-config.ts';
import { proxyFiles } from './proxy-config.ts';
import { jsonFile } from './yaml-file.ts';

/** What is only known after something has happened on the host. */
export interface LateFacts {
  /** After flanneld has its subnet. */
  readonly flannelSubnet?: FlannelSubnet;
  /** After `ca init`, on a master: the text of nats.conf. */
  readonly natsConfig?: string;
}

/** Every file of a host, in the order in which they are written: what others read last (component specs) comes last. */
export function renderHost(desired: DesiredState, late: LateFacts): readonly RenderedFile[] {
  const context: ComponentContext = desired;
  return [
    ...certificateSpecFiles(desired),
    ...(late.natsConfig === undefined ? [] : [natsFile(desired, late.natsConfig)]),
    ...kubeconfigs(context),
    ...kubeletFiles(context),
    ...proxyFiles(context),
    ...containerdFiles(context),
    ...flannelFiles(context),
    ...cniFiles(context, late.flannelSubnet),
    ...addonFiles(context),
    ...componentUnits(desired.components, desired.paths),
    ...componentSpecFiles(desired),
  ];
}

function certificateSpecFiles({ certificates, paths }: DesiredState): readonly RenderedFile[] {
  return certificates.map((spec) =>
    jsonFile(
      { path: `${paths.certificateSpecs}/${spec.name}.json`, owner: 'root', mode: 0o644 },
      { apiVersion: 'easycerts/v1', ...spec },
    ),
  );
}

function componentSpecFiles({ components, paths }: DesiredState): readonly RenderedFile[] {
  return components.map((spec) =>
    jsonFile({ path: `${paths.componentSpecs}/${spec.unit}.json`, owner: 'root', mode: 0o644 }, spec),
  );
}

function natsFile({ paths }: DesiredState, content: string): RenderedFile {
  return { path: paths.natsConfig, owner: 'easycerts-nats', group: 'easycerts-nats', mode: 0o600, content };
}
