import { appendFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openKafkaLog } from '@kaizen-trace/adapter-kafka';
import type { HookContext } from '@kaizen-trace/contracts';
import type { LogConnection } from '@kaizen-trace/ports';
import type { RealJaeger } from '../real-jaeger.js';
import { compareJaeger } from './compare-jaeger.js';
import { compareLog, isAsFolded, type LogFindings } from './compare-log.js';
import { drain } from './drain.js';
import { openFaultInjector, type FaultInjector } from './faults.js';
import { startLoad, type Load } from './load.js';
import type { MemoryPhase } from './memory-watch.js';
import { openOutage, type OutagePlan } from './outage.js';
import type { ProxiedKafka } from './proxied-kafka.js';
import { openChance } from './random.js';
import { differencesOf, isFlawless, type ChaosResult } from './report.js';
import { createService, type Service } from './service.js';

export interface ChaosOptions {
  readonly kafka: ProxiedKafka;
  readonly jaeger: Pick<RealJaeger, 'queryUrl' | 'otlpEndpoint'>;
  /** What agents send; it must not end before the run. */
  readonly events: Iterable<HookContext>;
  /** The built entry points of the services. */
  readonly scripts: { readonly assembler: string; readonly exporter: string };
  readonly seed: string;
  /** How long faults are injected. */
  readonly durationMs: number;
  /** Instead of faults drawn from the seed, one long outage of the backend. */
  readonly outage?: OutagePlan;
  /** Ends earlier once so many assemblers were killed. */
  readonly kills?: number;
  readonly assemblers: number;
  readonly partitions: number;
  /** Events a second. */
  readonly rate: number;
  /** How long an operation may stay open, in milliseconds; 45 s unless told. */
  readonly openTtlMs?: number;
  /** Where logs, the timeline and what differs are kept; made where it is missing. */
  readonly folder: string;
  readonly say: (line: string) => void;
}

const sessionTimeoutMs = 6000;
const defaultOpenTtlMs = 45_000;
/** Longer than any outage here: a repeat that comes later than this after its trace ended is not recognised. */
const reorderGraceMs = 60_000;
const topicPrefix = 'chaos.';
const owner = { group: 'chaos-assembler', topic: `${topicPrefix}hook-events` };

interface Pipeline {
  readonly assemblers: readonly Service[];
  readonly exporter: Service;
}

const startPipeline = (options: ChaosOptions): Pipeline => {
  const { kafka, jaeger, partitions, folder, scripts, openTtlMs = defaultOpenTtlMs } = options;
  const [host = '', port = ''] = jaeger.otlpEndpoint.split(':');
  const shared = {
    KAFKA_BROKERS: kafka.proxiedBrokers.join(','),
    KAIZEN_TOPIC_PREFIX: topicPrefix,
    KAIZEN_GROUP: 'chaos',
    KAIZEN_PARTITIONS: String(partitions),
    // One for all assemblers, as on one machine: a zombie's lies beside its heir's.
    KAIZEN_STATE_DIR: join(folder, 'state'),
    KAIZEN_SESSION_TIMEOUT: `${sessionTimeoutMs}ms`,
    KAIZEN_OPEN_TTL: `${openTtlMs}ms`,
    KAIZEN_REORDER_GRACE: `${reorderGraceMs}ms`,
    KAIZEN_ASSEMBLER_PORT: '0',
    KAIZEN_EXPORTER_PORT: '0',
    JAEGER_HOST: host,
    JAEGER_PORT: port,
  };
  const service = (name: string, script: string): Service =>
    createService({ name, script, folder, env: { ...shared, KAFKA_CLIENT_ID: name } });
  const assemblers = Array.from({ length: options.assemblers }, (_, index) =>
    service(`assembler-${index + 1}`, scripts.assembler),
  );
  const exporter = service('exporter', scripts.exporter);
  for (const each of [...assemblers, exporter]) each.start();
  return { assemblers, exporter };
};

interface Fire {
  readonly faults: Pick<FaultInjector, 'counts'>;
  readonly memory: readonly MemoryPhase[];
  readonly seconds: number;
}

const underOutage = async (
  plan: OutagePlan,
  { kafka, say }: ChaosOptions,
  pipeline: Pipeline,
): Promise<Fire> => {
  const began = Date.now();
  const services = [...pipeline.assemblers, pipeline.exporter];
  const outage = openOutage({ ...plan, kafka, services, say });
  await outage.next();
  return { faults: outage, memory: outage.memory(), seconds: (Date.now() - began) / 1000 };
};

const underFire = async (options: ChaosOptions, pipeline: Pipeline): Promise<Fire> => {
  const { kafka, seed, durationMs, kills = Infinity, say, outage } = options;
  if (outage !== undefined) return underOutage(outage, options, pipeline);
  const began = Date.now();
  const chance = openChance(seed);
  const faults = openFaultInjector({ ...pipeline, chance, kafka, sessionTimeoutMs, say });
  while (Date.now() - began < durationMs && faults.counts().kills.all < kills) await faults.next();
  return { faults, memory: [], seconds: (Date.now() - began) / 1000 };
};

/** Ends the services by SIGTERM; what did not end well is a problem. */
const stopAll = async (services: readonly Service[]): Promise<readonly string[]> => {
  const codes = await Promise.all(
    services.map(async (service) => ({ name: service.name, code: await service.stop() })),
  );
  return codes.filter(({ code }) => code !== 0).map(({ name, code }) => `${name} ended with ${code}`);
};

const dumpPartition = async (log: LogConnection, partition: number, file: string): Promise<void> => {
  const { start: from, end: to } = await log.events.bounds(partition);
  for await (const { records } of log.events.scan({ partition, from, to })) {
    const lines = records.map(({ offset, appendTime, key, value, headers }) =>
      JSON.stringify({
        offset: String(offset),
        appendTime,
        key: Buffer.from(key ?? []).toString(),
        value: Buffer.from(value ?? []).toString('base64'),
        headers: headers.map(([name]) => name),
      }),
    );
    appendFileSync(file, lines.map((line) => `${line}\n`).join(''));
  }
};

/** What was found, and the events of each partition where something differs. */
const comparePartitions = async (
  { folder }: ChaosOptions,
  log: LogConnection,
  acknowledged: ReadonlySet<string>,
): Promise<LogFindings> => {
  const found = await compareLog({ log, owner, acknowledged });
  for (const [partition, findings] of found.partitions.entries())
    if (!isAsFolded(findings))
      await dumpPartition(log, partition, join(folder, `events-${partition}.ndjson`));
  return found;
};

const settle = async (
  options: ChaosOptions,
  parts: { readonly pipeline: Pipeline; readonly load: Load; readonly look: LogConnection },
): Promise<readonly string[]> => {
  const { pipeline, load, look } = parts;
  const { partitions, say, openTtlMs = defaultOpenTtlMs } = options;
  await load.stop();
  say('under fire no more: draining');
  const limitMs = openTtlMs + reorderGraceMs + 120_000;
  const problems: string[] = [];
  await drain({ log: look, owner, partitions, limitMs }).catch((error: unknown) => {
    problems.push(error instanceof Error ? error.message : String(error));
  });
  return [...problems, ...(await stopAll(pipeline.assemblers))];
};

/**
 * Runs the pipeline in processes of its own under load, breaks it at moments drawn from the seed, lets it come to rest,
 * and compares everything that it left behind with an undisturbed fold of the very same log.
 */
export const runChaos = async (options: ChaosOptions): Promise<ChaosResult> => {
  const { kafka, partitions, events, rate, folder } = options;
  await mkdir(folder, { recursive: true });
  const began = Date.now();
  const say = (line: string): void => {
    appendFileSync(join(folder, 'timeline.log'), `${new Date().toISOString()} ${line}\n`);
    options.say(`${((Date.now() - began) / 1000).toFixed(1).padStart(7)} s  ${line}`);
  };
  const told = { ...options, say };
  // Made before the services start, and kept past the proxy: faults are for them.
  const look = await openKafkaLog({ brokers: kafka.brokers, topicPrefix, partitions });
  const agents = await openKafkaLog({ brokers: kafka.proxiedBrokers, topicPrefix, partitions });
  const pipeline = startPipeline(told);
  const services = [...pipeline.assemblers, pipeline.exporter];
  try {
    const load = startLoad({ log: agents.events, events, rate });
    const { faults, memory, seconds } = await underFire(told, pipeline);
    const problems = await settle(told, { pipeline, load, look });
    say('comparing');
    const { traces, ...compared } = await comparePartitions(told, look, load.acknowledged);
    const jaeger = await compareJaeger(options.jaeger.queryUrl, traces, 90_000);
    const result: ChaosResult = {
      seed: options.seed,
      seconds,
      assemblers: options.assemblers,
      acknowledged: load.acknowledged.size,
      repeats: load.repeats(),
      ...compared,
      jaeger,
      faults: faults.counts(),
      memory,
      deaths: new Map(
        services.map(({ name, deaths }) => [name, deaths.length] as const).filter(([, n]) => n > 0),
      ),
      problems: [...problems, ...(await stopAll([pipeline.exporter]))],
    };
    if (!isFlawless(result))
      await writeFile(join(folder, 'differences.json'), JSON.stringify(differencesOf(result), null, 2));
    return result;
  } finally {
    await Promise.all(services.map((service) => service.stop()));
    await agents.close();
    await look.close();
  }
};
