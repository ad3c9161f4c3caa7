export type { AppliedConfig } from './applied-config.ts';
export { appliedConfigFile, readAppliedConfig } from './applied-config.ts';
export type { DeliveredSet, SetDelivery } from './atomic-file-set.ts';
export { deliverSet } from './atomic-file-set.ts';
export { type AwaitConfigOptions, awaitAcceptedConfig } from './await-config.ts';
export type { AuthCallout, AuthCalloutOptions } from './bus/auth-callout.ts';
export { startAuthCallout } from './bus/auth-callout.ts';
export type {
  Bus,
  DurableStream,
  EventConsumers,
  EventFilter,
  EventPublisher,
  KeyValueBucket,
  KeyValueEntry,
  StoredEvent,
  StoredMessage,
} from './bus/bus.ts';
export type { BusAudit, BusAuditOptions } from './bus/bus-audit.ts';
export { startBusAudit } from './bus/bus-audit.ts';
export type { BusDecision } from './bus/bus-decision.ts';
export { decideByCertificate } from './bus/bus-decision.ts';
export type { BusCertificate } from './bus/bus-identity.ts';
export { busCertificateOf, readBusIdentity } from './bus/bus-identity.ts';
export type { ConnectBusOptions } from './bus/connect-bus.ts';
export { connectBus } from './bus/connect-bus.ts';
export type {
  ConnectionRegister,
  ConnectionRegisterOptions,
  KnownConnection,
  OpenConnection,
} from './bus/connection-register.ts';
export { openConnectionRegister } from './bus/connection-register.ts';
export type { DeferredPublisher } from './bus/deferred-publisher.ts';
export { createDeferredPublisher } from './bus/deferred-publisher.ts';
export { deduplicationKey, parseEvent } from './bus/event-envelope.ts';
export { nullPublisher } from './bus/event-publisher.ts';
export type { BusPublicKeys, NatsConfigOptions, NatsLimits } from './bus/nats-config.ts';
export { renderNatsConfig } from './bus/nats-config.ts';
export type { BusKey, BusKeys } from './bus/nkeys.ts';
export { createBusKeys, publicKeysOf, readBusKeys, writeBusKeys } from './bus/nkeys.ts';
export type { BusAccess, BusAccount, BusIdentity } from './bus/permissions.ts';
export { accessOf, automationConsumerOf, inboxPrefixOf, nodeApiPrefix } from './bus/permissions.ts';
export type { BusRefusal } from './bus/refusal.ts';
export type { RefusalReporter, RefusalReporterOptions } from './bus/refusal-reporter.ts';
export { createRefusalReporter } from './bus/refusal-reporter.ts';
export { eventsStream } from './bus/stream-config.ts';
export { patternsOverlap, subjectMatches } from './bus/subject-filter.ts';
export type { CertificateAuthorityClient } from './certificate-authority-client.ts';
export { connectCertificateAuthority } from './certificate-authority-client.ts';
export { lookOnHangup, runMain, runUntilStopped } from './cli.ts';
export { systemClock } from './clock.ts';
export type { CommandContext } from './command-context.ts';
export { addGlobalOptions, contextOf } from './command-context.ts';
export type { CommandDescription, DescribedOption, DescribedTerm } from './command-description.ts';
export { describeCommand } from './command-description.ts';
export type { Shell } from './completions.ts';
export { completionScript, shells } from './completions.ts';
export type { PodSandboxes } from './container-runtime/pod-sandboxes.ts';
export { openPodSandboxes } from './container-runtime/pod-sandboxes.ts';
export type { CgroupPlan, Delegation, Hierarchy, ParentGroup } from './control-groups/cgroup-plan.ts';
export { findHierarchies, layoutOf, planCgroups } from './control-groups/cgroup-plan.ts';
export {
  makeControlGroups,
  planControlGroups,
  removeControlGroups,
  removeControlGroupsNow,
} from './control-groups/control-groups.ts';
export type { MountInfo } from './control-groups/mountinfo.ts';
export { parseMountInfo } from './control-groups/mountinfo.ts';
export type { DaemonContext, DaemonOptions } from './daemon.ts';
export { busServers, contextOfService, hostNameOf, runDaemon } from './daemon.ts';
export { type DeviceNode, deviceNodes, makeDeviceNode } from './device-nodes.ts';
export type { EnrolmentAnswer, EnrolmentOptions, EnrolmentRequest } from './enrolment/enrolment-client.ts';
export { enrolWithToken } from './enrolment/enrolment-client.ts';
export type { PinnedAuthority, PinnedAuthorityOptions } from './enrolment/pinned-authority.ts';
export { findPinnedAuthority } from './enrolment/pinned-authority.ts';
export type { FileLockOptions } from './file-lock.ts';
export { withFileLock } from './file-lock.ts';
export { cleanSets } from './file-set/clean-sets.ts';
export type { Hold, HoldRequest } from './file-set/hold.ts';
export { clearHold, holdDurationMs, holdSet, readHold } from './file-set/hold.ts';
export type { CertificateSet, SetTexts } from './file-set/read-set.ts';
export { readSet, readSetSync, readSetTextsSync, resolveSet } from './file-set/read-set.ts';
export type { RestoredSet, RestoreOptions } from './file-set/restore-set.ts';
export { restorePreviousSet } from './file-set/restore-set.ts';
export type { SetModes, SetStatus, WrongMode } from './file-set/set-modes.ts';
export { correctSetModes, statSetSync, wrongModes } from './file-set/set-modes.ts';
export { formatError, formatErrorAsJson } from './format-error.ts';
export { formatTable, isTerminal } from './format-table.ts';
export type { Caller } from './grpc-caller.ts';
export type { CallingIdentity, GrpcClient, GrpcClientOptions } from './grpc-client.ts';
export { connectGrpcService } from './grpc-client.ts';
export { errorTrailer } from './grpc-error.ts';
export type { GrpcServerOptions, RefusedCall, RunningGrpcServer } from './grpc-server.ts';
export { startGrpcServer } from './grpc-server.ts';
export type {
  CallContext,
  CallOptions,
  Calls,
  GrpcService,
  Handlers,
  OpenCallContext,
  OpenGrpcService,
  UnaryHandlers,
} from './grpc-service.ts';
export { openServiceOf, serviceOf } from './grpc-service.ts';
export type { HealthServerOptions, RunningHealthServer } from './health-server.ts';
export { startHealthServer } from './health-server.ts';
export type { HostFactsOptions } from './host-facts.ts';
export { findServiceManager, gatherHostFacts, gatherHostIdentity, nodeNameOf } from './host-facts.ts';
export { inParallel } from './in-parallel.ts';
export type { ApiAnswer, ApiRequest, ConnectKubeOptions, KubeConnection } from './kube/kube-connection.ts';
export { connectKube } from './kube/kube-connection.ts';
export { listenAddressOf } from './listen-address.ts';
export type { ListenPlace } from './listen-on.ts';
export { closeServer, listenOn } from './listen-on.ts';
export type { ClusterTexts, LoadClusterConfigOptions } from './load-cluster-config.ts';
export {
  acceptedCopyOf,
  configOfTexts,
  isConfigAbsent,
  loadAcceptedConfig,
  loadClusterConfig,
  readClusterTexts,
  readNodeTexts,
} from './load-cluster-config.ts';
export type { LogDestination, Logger, LoggerOptions, LogLevel } from './logger.ts';
export { createLogger, describeError, logLevels } from './logger.ts';
export { makeFolder } from './make-folder.ts';
export type { Hint } from './next-hint.ts';
export { nextHint } from './next-hint.ts';
export type { ProcessIdentity } from './processes/process-identity.ts';
export { identityOfStat } from './processes/process-identity.ts';
export { identify, isRunning, signalProcess, waitUntil } from './processes/processes.ts';
export type { ReceivedPaths } from './received-document.ts';
export { readReceivedDigest, readReceivedHost, writeReceivedDocument } from './received-document.ts';
export type { RunningService, ServiceContext } from './service.ts';
export type { ProcessServiceManagerOptions } from './service-manager/process-service-manager.ts';
export { createProcessServiceManager } from './service-manager/process-service-manager.ts';
export type { ServiceManager, UnitSpec, UnitState, UnitStatus } from './service-manager/service-manager.ts';
export type { Systemctl, SystemctlOptions } from './service-manager/systemctl.ts';
export { createSystemctl } from './service-manager/systemctl.ts';
export type { SystemdServiceManagerOptions } from './service-manager/systemd-service-manager.ts';
export { createSystemdServiceManager } from './service-manager/systemd-service-manager.ts';
export type { SystemdNotifier, SystemdNotifierOptions } from './systemd-notify.ts';
export { createSystemdNotifier, isStartedBySystemd } from './systemd-notify.ts';
export type { TlsIdentity, WatchIdentityOptions } from './tls-identity.ts';
export { readTlsIdentity, secureContextOptionsOf, watchTlsIdentity } from './tls-identity.ts';
export type { UserIds, Users, UsersOptions } from './users.ts';
export { loadUsers } from './users.ts';
export type { WriteOptions, WriteOutcome } from './write-file.ts';
export { syncDirectory, writeFileAtomically } from './write-file.ts';
export { changedFiles, writeFilesAtomically } from './write-files.ts';
