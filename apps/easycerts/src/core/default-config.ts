/** The cluster.yaml that a newcomer gets: as small as it can be, with what to change first as comments. */

export const defaultClusterConfig = `# The cluster that \`easycerts up\` runs. Change it and start again; \`easycerts config-renderer config\` prints it with
# all defaults, docs/config has every option.

# What this machine is: \`master\` runs the control plane, \`node\` runs pods.
roles: [master, node]

# Where every node reaches the master. localhost: this machine only.
masterAddress: localhost

# clusterCidr: 10.1.0.0/16           # addresses of pods
# apiserver:
#   serviceClusterIpRange: 10.0.0.0/24
#   extraSANs: [api.kube.example]    # more names in the API server's certificate
# kubelet:
#   nodeLabels: {disk: ssd}
# pki:
#   validity: 30d                    # renewed at two thirds of it
`;
