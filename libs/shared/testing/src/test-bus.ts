/** A whole bus for tests: nats-server, certificates, and the auth callout deciding by certificate. */

import { join } from 'node:path';
import type { Role } from '@easycerts/cluster';
import type { AuthCallout, AuthCalloutOptions, Bus, BusCertificate, BusRefusal } from '@easycerts/runtime';
import { connectBus, decideByCertificate, startAuthCallout, systemClock } from '@easycerts/runtime';
import type { TestNatsServer } from './nats-server.ts';
import { startNatsServer } from './nats-server.ts';
import { silentLogger } from './silent-logger.ts';
import type { TestPki } from './test-pki.ts';
import { createTestPki } from './test-pki.ts';

export interface TestBusOptions {
  /** Default: by certificate alone. */
  readonly decide?: AuthCalloutOptions['decide'];
  readonly pki?: TestPki;
}

export interface TestBus {
  readonly server: TestNatsServer;
  readonly servers: readonly string[];
  readonly pki: TestPki;
  /** The certificates that the callout was asked about so far. */
  readonly certificates: readonly BusCertificate[];
  /** What the callout has refused so far. */
  readonly refusals: readonly BusRefusal[];
  /** Folder of a host's identity, made at the first call. */
  identity(host: string, role: Role): Promise<string>;
  /** A connected bus of a host; closed with the test bus. */
  connect(host: string, role: Role, service?: string): Promise<Bus>;
  startCallout(): Promise<AuthCallout>;
  stopCallout(): Promise<void>;
  close(): Promise<void>;
}

const connectTimeoutMs = 20_000;

/** Starts it and waits until hosts can connect. */
export async function startTestBus(options: TestBusOptions = {}): Promise<TestBus> {
  const pki = options.pki ?? (await createTestPki());
  const server = await startNatsServer({ pki });
  const logger = silentLogger();
  const refusals: BusRefusal[] = [];
  const certificates: BusCertificate[] = [];
  const decide = options.decide ?? ((certificate) => decideByCertificate(certificate, systemClock));
  const identities = new Map<string, Promise<string>>();
  const buses: Bus[] = [];
  let callout: AuthCallout | undefined;

  const identity = (host: string, role: Role): Promise<string> => {
    const name = `${role}-${host}`;
    const known = identities.get(name) ?? pki.writeHostIdentity(join(server.directory, 'hosts', name), host, role);
    identities.set(name, known);
    return known;
  };
  const startCallout = async (): Promise<AuthCallout> => {
    callout = startAuthCallout({
      servers: server.servers,
      identityDirectory: await identity('m1', 'master'),
      authUserSeed: server.keys.authUser.seed,
      issuerSeed: server.keys.issuer.seed,
      decide: (certificate) => {
        certificates.push(certificate);
        return decide(certificate);
      },
      onRefused: (refusal) => refusals.push(refusal),
      clock: systemClock,
      logger,
    });
    await callout.whenConnected(connectTimeoutMs);
    return callout;
  };
  const stopCallout = async (): Promise<void> => {
    await callout?.close();
    callout = undefined;
  };
  try {
    await startCallout();
  } catch (error) {
    await stopCallout();
    await server.close();
    throw error;
  }
  return {
    server,
    servers: server.servers,
    pki,
    certificates,
    refusals,
    identity,
    connect: async (host, role, service = 'test') => {
      const bus = await connectBus({
        servers: server.servers,
        identityDirectory: await identity(host, role),
        origin: { host, service },
        clock: systemClock,
        logger,
      });
      buses.push(bus);
      await bus.whenConnected(connectTimeoutMs);
      return bus;
    },
    startCallout,
    stopCallout,
    close: async () => {
      await Promise.all(buses.map((bus) => bus.close()));
      await stopCallout();
      await server.close();
    },
  };
}
