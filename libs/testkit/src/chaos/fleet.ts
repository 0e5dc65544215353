import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openKafkaLog } from '@kaizen-trace/adapter-kafka';
import type { StateOwner } from '@kaizen-trace/assembler-runtime';
import type { LogConnection } from '@kaizen-trace/ports';
import { compareLog, differencesInLog } from './compare-log.js';
import { drain } from './drain.js';
import { startFleetAssembler, type FleetAssembler } from './fleet-assembler.js';
import { createService, type Service } from './service.js';

export interface FleetOptions {
  readonly brokers: readonly string[];
  /** Names topics and group, so that tests on one broker do not meet. */
  readonly name: string;
  readonly partitions: number;
  /** The assembler's built entry point. */
  readonly script: string;
  /** Variables of every process besides those of the log. */
  readonly settings?: Readonly<Record<string, string>>;
}

type ByName<T> = Readonly<Record<string, T>>;

/** The least that a broker with its default settings accepts. */
const sessionTimeoutMs = 6000;
const patienceMs = 45_000;
const pauseMs = 100;

/** Assemblers of one group on a Kafka, each in a process of its own, and a look at what they do. */
export class Fleet {
  readonly owner: StateOwner;
  /** A connection that looks on. */
  readonly log: LogConnection;
  /** What a further service of the same pipeline is to be told. */
  readonly settings: ByName<string>;
  readonly #options: FleetOptions;
  readonly #folder: string;
  readonly #assemblers = new Map<string, FleetAssembler>();
  readonly #exporters: Service[] = [];

  private constructor(
    options: FleetOptions,
    opened: { readonly log: LogConnection; readonly folder: string },
  ) {
    const { name, brokers, partitions } = options;
    this.#options = options;
    this.#folder = opened.folder;
    this.log = opened.log;
    this.owner = { group: `${name}-assembler`, topic: `${name}.hook-events` };
    this.settings = {
      KAFKA_BROKERS: brokers.join(','),
      KAIZEN_TOPIC_PREFIX: `${name}.`,
      KAIZEN_GROUP: name,
      KAIZEN_PARTITIONS: String(partitions),
      KAIZEN_SESSION_TIMEOUT: `${sessionTimeoutMs}ms`,
      KAIZEN_ASSEMBLER_PORT: '0',
      ...options.settings,
    };
  }

  /** Makes the topics; nobody runs yet. */
  static async open(options: FleetOptions): Promise<Fleet> {
    const { brokers, name, partitions } = options;
    const folder = await mkdtemp(join(tmpdir(), 'kaizen-trace-fleet-'));
    const log = await openKafkaLog({ brokers, topicPrefix: `${name}.`, partitions });
    return new Fleet(options, { log, folder });
  }

  /** Starts an assembler; one that ended comes back under its name on the disk that it had. */
  start(name: string): FleetAssembler {
    const env = { ...this.settings, KAFKA_CLIENT_ID: name };
    const options = { name, script: this.#options.script, folder: this.#folder, env };
    const started = startFleetAssembler(options);
    this.#assemblers.set(name, started);
    return started;
  }

  /** Ends an assembler as a crash would, for good. @throws Error where none of that name was started. */
  async kill(name: string): Promise<void> {
    const assembler = this.#assemblers.get(name);
    if (assembler === undefined) throw new Error(`no assembler ${name} was started`);
    await assembler.service.kill();
  }

  /** Starts a span exporter of the same pipeline, by its built entry point; it sends to an OTLP gRPC endpoint. */
  exportTo(endpoint: string, script: string): Service {
    const [host = '', port = ''] = endpoint.split(':');
    const env = { ...this.settings, KAIZEN_EXPORTER_PORT: '0', JAEGER_HOST: host, JAEGER_PORT: port };
    const exporter = createService({ name: 'exporter', script, folder: this.#folder, env });
    this.#exporters.push(exporter);
    exporter.start();
    return exporter;
  }

  /** Which partitions each running assembler holds, as the group says. */
  async holdings(): Promise<ByName<readonly number[]>> {
    const members = await this.log.assemblers({ group: this.owner.group }).members();
    const held: Record<string, readonly number[]> = {};
    for (const [name, assembler] of this.#assemblers) {
      const url = await assembler.url();
      const member = members.find(({ announcement }) => url !== undefined && announcement === url);
      if (member !== undefined) held[name] = member.partitions;
    }
    return held;
  }

  /**
   * Waits until the group has shared its partitions among just these, by name and count, and all of them are ready.
   *
   * @throws Error with what is instead, after a while.
   */
  async shares(counts: ByName<number>): Promise<void> {
    const deadline = Date.now() + patienceMs;
    const wanted = JSON.stringify(counts);
    for (;;) {
      const seen: Record<string, number> = {};
      const held = await this.holdings();
      let ready = true;
      for (const name of Object.keys(counts)) {
        if (held[name] !== undefined) seen[name] = held[name].length;
        if ((await this.#assemblers.get(name)?.readiness()) !== 200) ready = false;
      }
      const isAlone = Object.keys(held).length === Object.keys(seen).length;
      if (ready && isAlone && JSON.stringify(seen) === wanted) return;
      if (Date.now() > deadline)
        throw new Error(`not shared as ${wanted}: ${JSON.stringify(held)}, ${ready ? '' : 'not '}all ready`);
      await sleep(pauseMs);
    }
  }

  /** Waits until everything is committed and nothing is open or held. @throws Error with what is not, in time. */
  async drained(limitMs: number): Promise<void> {
    const { log, owner } = this;
    await drain({ log, owner, partitions: this.#options.partitions, limitMs });
  }

  /**
   * What differs from an undisturbed fold of the same log, by promise; nothing where all were kept. To be called when
   * every assembler has stopped.
   */
  async differences(acknowledged: ReadonlySet<string> = new Set()): Promise<ByName<readonly string[]>> {
    const { log, owner } = this;
    const found = differencesInLog(await compareLog({ log, owner, acknowledged }));
    return Object.fromEntries(Object.entries(found).filter(([, list]) => list.length > 0));
  }

  /** Kills what still runs, and removes what it left on disk. */
  async close(): Promise<void> {
    const services = [...this.#exporters, ...[...this.#assemblers.values()].map(({ service }) => service)];
    await Promise.all(services.map((service) => service.kill()));
    await this.log.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
