export { alternativeNamesOf } from './alternative-names.ts';
export { type CertificateEntry, certificateList, firstServiceAddress, type ListContext } from './cert-list.ts';
export type {
  AlternativeNames,
  CertificateFiles,
  CertificateSpec,
  ExtendedKeyUsage,
  KeyAlgorithm,
  SubjectName,
  UnitNotice,
} from './certificate-spec.ts';
export { filesOfSet, keyAlgorithms } from './certificate-spec.ts';
export type { AuthorityName, ComponentName, Role, ServiceName } from './component-name.ts';
export {
  agentReplaces,
  agentUnit,
  authorityNames,
  componentNames,
  roles,
  serviceNames,
  unitOf,
} from './component-name.ts';
export type {
  CertificateUse,
  ComponentSpec,
  DirectorySpec,
  FileUse,
  HealthCheck,
  NodeLabels,
  OnChange,
  Preparation,
  RenderedFile,
} from './component-spec.ts';
export {
  type ComponentContext,
  certificateFiles,
  kubeconfigPath,
  nodeAddress,
} from './components/component-context.ts';
export {
  type PackagedPrograms,
  type PackagedUnit,
  packagedDirectories,
  packagedUnits,
} from './components/packaged-units.ts';
export { proxyHealthAddress } from './components/proxy.ts';
export { cfsslUsages, clusterConfigSchema } from './config/cluster-config-schema.ts';
export { nodeOverrideKeys } from './config/node-overrides.ts';
export { isDnsName, isHostName } from './config/option-types.ts';
export { type ParseOptions, parseClusterConfig } from './config/parse-cluster-config.ts';
export { type ConfigProblem, configError, pathText } from './config/problem.ts';
export {
  type ClusterConfig,
  componentsOfRole,
  deepFreeze,
  enabledComponents,
  hostInUrl,
  isSingleMachine,
} from './config/resolve-config.ts';
export { type DesiredState, hostRecordOf, resolveDesiredState } from './desired-state.ts';
export type { CgroupLayout, HostFacts, HostRecord } from './host-facts.ts';
export {
  automationOfSubject,
  automationOrganization,
  automationSubject,
  type HostIdentity,
  hostIdentitySubject,
  identityOfSubject,
  mastersOrganization,
  nodesOrganization,
} from './host-identity.ts';
export {
  cniFolderOf,
  cniFolders,
  type HostProgram,
  hostPrograms,
  programFolders,
  programPath,
  proxyModeOf,
} from './host-programs.ts';
export { type HostStanding, hostOfRecordKey, hostRecordKey, hostStandingOf } from './host-standing.ts';
export {
  addressAt,
  canonicalIp,
  contains,
  formatIp,
  type IpAddress,
  type IpNetwork,
  isLoopback,
  overlaps,
  parseCidr,
  parseIp,
  sizeOf,
} from './ip-network.ts';
export { encodeJoinToken, type JoinToken, joinTokenSecretBytes, parseJoinToken } from './join-token.ts';
export { isSameForNodes, nodeConfigOf } from './node-config.ts';
export {
  encodeNodeDocument,
  type NodeDocument,
  nodeDocumentKey,
  nodeDocumentOf,
  parseNodeDocument,
} from './node-document.ts';
export { type KubeEndpoint, type PemSource, parseKubeconfig } from './parse-kubeconfig.ts';
export { type Paths, pathsUnder } from './paths.ts';
export { manifestOf, manifestPath, renderedFilesIn } from './rendered-files.ts';
export { directoryOf, resolveCertificates } from './resolve-certs.ts';
export { type StoppableUnit, stopOrder } from './stop-order.ts';
export { type SystemUser, systemUsers } from './system-users.ts';
export { componentUnit, joinerUnit, quoteArgument, type SystemdUnit, unitText } from './systemd-unit.ts';
