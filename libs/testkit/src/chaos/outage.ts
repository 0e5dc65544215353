import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultInjector } from './faults.js';
import type { FaultyProxy } from './faulty-proxy.js';
import { watchMemory, type MemoryPhase } from './memory-watch.js';
import type { ProxiedKafka } from './proxied-kafka.js';
import type { Service } from './service.js';

/** A backend that goes away for long while agents work on. */
export interface OutagePlan {
  /** The exporter's line to the backend. */
  readonly line: FaultyProxy;
  /** Where the line ends. */
  readonly backendPort: number;
  readonly lengthMs: number;
}

export interface OutageOptions extends OutagePlan {
  readonly kafka: ProxiedKafka;
  readonly services: readonly Service[];
  readonly say: (line: string) => void;
}

export interface Outage extends FaultInjector {
  memory(): readonly MemoryPhase[];
}

const longestCalmMs = 60_000;
const brokerDownMs = 5000;

/**
 * One long outage: in its first half the backend ends every connection, in the second it takes them and never answers;
 * the broker is restarted twice meanwhile. Before and after it all is calm for a quarter of that time, or a minute.
 */
export const openOutage = (options: OutageOptions): Outage => {
  const { line, backendPort, lengthMs, kafka, services, say } = options;
  const memory = watchMemory(services, 'before');
  const calmMs = Math.min(longestCalmMs, lengthMs / 4);
  let restarts = 0;
  let found: readonly MemoryPhase[] = [];

  const restartBroker = async (): Promise<void> => {
    say('restart-broker');
    restarts += 1;
    await kafka.crash();
    await sleep(brokerDownMs);
    await kafka.restart();
  };

  const half = async (): Promise<void> => {
    await sleep(lengthMs / 4);
    await restartBroker();
    await sleep(lengthMs / 4);
  };

  return {
    next: async () => {
      await sleep(calmMs);
      say('the backend ends every connection');
      memory.phase('away');
      line.forwardTo(undefined);
      line.reset();
      await half();
      say('the backend takes connections and does not answer');
      line.stall('everything');
      line.forwardTo(backendPort);
      await half();
      say('the backend is back');
      memory.phase('after');
      line.reset();
      line.stall('nothing');
      await sleep(calmMs);
      found = memory.stop();
    },
    counts: () => ({
      kills: { all: 0, sending: 0, committing: 0 },
      others: new Map([
        ['backend-away', 1],
        ['restart-broker', restarts],
      ]),
    }),
    memory: () => found,
  };
};
