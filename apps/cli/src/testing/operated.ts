import { setTimeout as sleep } from 'node:timers/promises';
import { defaultSettings } from '@kaizen-trace/assembler-core';
import { openGateway, type Gateway, type OperatingApiOptions } from '@kaizen-trace/gateway';
import type { LogConnection } from '@kaizen-trace/ports';
import { createLogger } from '@kaizen-trace/service-kit';
import { openExporter, type Exporter } from '@kaizen-trace/span-exporter';
import { openSpanAssembler, type SpanAssembler } from '@kaizen-trace/span-assembler';

const quiet = createLogger({
  service: 'spec',
  level: 'silent',
  format: 'json',
  sink: { write: () => undefined },
});

/** The services that are operated, each over a connection of its own. */
export interface Operated {
  /** A further assembler on a free loopback port. */
  assembler(announcedUrl?: string): Promise<SpanAssembler>;
  gateway(apiKeys?: readonly string[], operating?: Partial<OperatingApiOptions>): Promise<Gateway>;
  /** An exporter on a free loopback port. */
  exporter(endpoint: string): Promise<Exporter>;
  connect(): Promise<LogConnection>;
  /** Closes everything, the last opened first. */
  close(): Promise<void>;
}

interface Names {
  readonly group: string;
  readonly prefix: string;
}

const groupOfExporters = ({ group }: Names): string => `${group}-export`;

const assemblerOn = (log: LogConnection, { group, prefix }: Names, announcedUrl?: string) =>
  openSpanAssembler({
    log,
    owner: { group, topic: `${prefix}hook-events` },
    assembly: defaultSettings,
    http: { host: '127.0.0.1', port: 0, announcedUrl },
    logger: quiet,
    processMetrics: false,
  });

const exporterOn = (log: LogConnection, names: Names, endpoint: string) =>
  openExporter({
    spans: (announcement) => log.spans({ group: groupOfExporters(names), announcement }),
    spansTopic: `${names.prefix}spans`,
    client: { endpoint, insecure: true },
    host: '127.0.0.1',
    port: 0,
    backoff: { firstMs: 20, maxMs: 100 },
    logger: quiet,
  });

interface GatewayParts extends Partial<OperatingApiOptions> {
  readonly apiKeys: readonly string[];
}

const gatewayOn = (log: LogConnection, names: Names, { apiKeys, ...operating }: GatewayParts) =>
  openGateway({
    events: log.events,
    ping: () => log.ping(),
    operating: {
      log,
      assemblers: log.assemblers({ group: names.group }),
      exporters: log.spans({ group: groupOfExporters(names) }),
      assemblerTimeoutMs: 1_000,
      replay: {
        owner: { group: names.group, topic: `${names.prefix}hook-events` },
        configured: defaultSettings,
        backend: undefined,
      },
      ...operating,
    },
    host: '127.0.0.1',
    port: 0,
    apiKeys,
    maxBodyBytes: 1024 * 1024,
    maxInFlightBytes: 1024 * 1024,
    requestTimeoutMs: 30_000,
    logger: quiet,
    processMetrics: false,
  });

/** Services of one group on one log. */
export const operate = (open: () => Promise<LogConnection>, names: Names): Operated => {
  const closers: (() => Promise<void>)[] = [];
  const kept = async <T extends { close(): Promise<void> }>(opening: Promise<T>): Promise<T> => {
    const opened = await opening;
    closers.push(() => opened.close());
    return opened;
  };
  const connect = (): Promise<LogConnection> => kept(open());
  return {
    connect,
    assembler: async (announcedUrl) => kept(assemblerOn(await connect(), names, announcedUrl)),
    exporter: async (endpoint) => kept(exporterOn(await connect(), names, endpoint)),
    gateway: async (apiKeys = [], operating = {}) =>
      kept(gatewayOn(await connect(), names, { apiKeys, ...operating })),
    close: async () => {
      for (const close of closers.splice(0).reverse()) await close();
    },
  };
};

/** Looks again until `holds`, for at most twenty seconds; gives what it saw last. */
export const eventually = async <T>(look: () => Promise<T>, holds: (seen: T) => boolean): Promise<T> => {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const seen = await look();
    if (holds(seen) || Date.now() > deadline) return seen;
    await sleep(50);
  }
};
