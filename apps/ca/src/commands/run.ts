/** `ca run`: the daemon. */

import { AppError } from '@easycerts/core';
import {
  busServers,
  type CommandContext,
  createLogger,
  listenAddressOf,
  loadAcceptedConfig,
  readBusKeys,
  runDaemon,
} from '@easycerts/runtime';
import { assertHasCa, type CaOptions, clusterSourceOf } from '../config.ts';
import { assertInitialized } from '../edge/authority-files.ts';
import { busKeysDirectory } from '../edge/guard-bus.ts';
import { startCertificateAuthority } from '../start-ca.ts';

/** Runs until it is stopped. */
export async function run(context: CommandContext): Promise<void> {
  const { configFile, paths } = context;
  const logger = createLogger({ service: 'ca', level: context.logLevel });
  const config = await loadAcceptedConfig(configFile, (err) =>
    logger.warn({ err }, 'cluster.yaml has problems: go on with what was accepted last'),
  );
  assertHasCa(config, configFile);
  const address = listenAddressOf(config);
  const options: CaOptions = {
    grpc: { address, port: config.pki.grpcPort },
    https: { address, port: config.pki.httpsPort },
    enrol: { address, port: config.pki.enrolPort },
    ...(config.pki.cfssl.enable ? { cfssl: { address, port: config.pki.cfssl.port } } : {}),
    busServers: busServers(config),
    paths,
    source: clusterSourceOf(context, logger),
  };
  await assertInitialized(paths.ca);
  // The CA answers the auth callout, so that it cannot be let in by it: nats-server knows this user by itself.
  const { bootUser } = await readBusKeys(busKeysDirectory(paths));
  const daemon = { service: 'ca', config, identityDirectory: paths.caIdentity, busUserSeed: bootUser.seed };
  await runDaemon(context, daemon, async ({ bus, ...service }) => {
    if (bus === undefined) throw new AppError('INTERNAL', 'a CA without a bus');
    return startCertificateAuthority({ ...service, bus }, options);
  });
}
