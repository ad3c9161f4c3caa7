/** containerd's configuration, version 2: read by 1.6 and later. */

import { type ComponentContext, cniFolderOf, programPath, type RenderedFile } from '@easycerts/cluster';
import { generatedNotice, textFile } from './yaml-file.ts';

/** Where containerd.toml lies. */
export function containerdConfigPath(root: string): string {
  return `${root}/etc/easycerts/containerd.toml`;
}

export function containerdFiles(context: ComponentContext): readonly RenderedFile[] {
  const { config, host, paths } = context;
  if (!config.containerd.enable) return [];
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  const lines = [
    'version = 2',
    `root = ${quote(paths.containerd)}`,
    `state = ${quote(paths.containerdSocket.replace(/\/[^/]*$/, ''))}`,
    '',
    '[grpc]',
    `  address = ${quote(paths.containerdSocket)}`,
    '',
    `[${cri}]`,
    `  sandbox_image = ${quote(config.kubelet.sandboxImage)}`,
    // without CAP_SYS_RESOURCE runc cannot lower oom_score_adj, and no sandbox would start
    `  restrict_oom_score_adj = ${!host.maySetOomScore}`,
    `  [${cri}.cni]`,
    `    bin_dir = ${quote(cniFolderOf(context))}`,
    `    conf_dir = ${quote(paths.cniConfig)}`,
    `  [${cri}.containerd]`,
    `    snapshotter = ${quote(config.containerd.snapshotter ?? host.snapshotter)}`,
    '    default_runtime_name = "runc"',
    `    [${cri}.containerd.runtimes.runc]`,
    '      runtime_type = "io.containerd.runc.v2"',
    `      [${cri}.containerd.runtimes.runc.options]`,
    `        BinaryName = ${quote(programPath(context, 'runc'))}`,
    `        SystemdCgroup = ${host.serviceManager === 'systemd'}`,
  ];
  return [
    textFile(
      { path: containerdConfigPath(paths.root), owner: 'root', mode: 0o644 },
      `${generatedNotice}${lines.join('\n')}\n`,
    ),
  ];
}

/** A TOML basic string: JSON's escapes are a subset of TOML's. */
function quote(text: string): string {
  return JSON.stringify(text);
}
