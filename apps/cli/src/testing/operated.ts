import { setTimeout as sleep } from 'node:timers/promises';
import { defaultSettings } from '@kaizen-trace/assembler-core';
import { openGateway, type Gateway } from '@kaizen-trace/gateway';
import type { LogConnection } from '@kaizen-trace/ports';
import { createLogger } from '@kaizen-trace/service-kit';
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
  gateway(apiKeys?: readonly string[]): Promise<Gateway>;
  connect(): Promise<LogConnection>;
  /** Closes everything, the last opened first. */
  close(): Promise<void>;
}

/** Services of one group on one log. */
export const operate = (
  open: () => Promise<LogConnection>,
  names: { group: string; prefix: string },
): Operated => {
  const closers: (() => Promise<void>)[] = [];
  const connect = async (): Promise<LogConnection> => {
    const log = await open();
    closers.push(() => log.close());
    return log;
  };
  return {
    connect,
    assembler: async (announcedUrl) => {
      const opened = await openSpanAssembler({
        log: await connect(),
        owner: { group: names.group, topic: `${names.prefix}hook-events` },
        assembly: defaultSettings,
        http: { host: '127.0.0.1', port: 0, announcedUrl },
        logger: quiet,
        processMetrics: false,
      });
      closers.push(() => opened.close());
      return opened;
    },
    gateway: async (apiKeys = []) => {
      const log = await connect();
      const opened = await openGateway({
        events: log.events,
        ping: () => log.ping(),
        operating: { log, assemblers: log.assemblers({ group: names.group }), assemblerTimeoutMs: 1_000 },
        host: '127.0.0.1',
        port: 0,
        apiKeys,
        maxBodyBytes: 1024 * 1024,
        maxInFlightBytes: 1024 * 1024,
        requestTimeoutMs: 30_000,
        logger: quiet,
        processMetrics: false,
      });
      closers.push(() => opened.close());
      return opened;
    },
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
