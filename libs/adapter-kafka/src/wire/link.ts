import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { SASLOptions } from 'kafkajs';
import { calmLevel, type LogLevel, type LogSink } from '../log-lines.js';
import { createCluster, type WireBroker, type WireCluster, type WireLogger } from './kafkajs.js';

/** What every connection to the cluster is made with. */
export interface LinkSettings {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly ssl: boolean | ConnectionOptions;
  readonly sasl: SASLOptions | undefined;
  readonly requestTimeoutMs: number;
  readonly log: LogSink;
  /** Cuts every connection at once, as the death of the process would. */
  readonly kill: AbortSignal | undefined;
}

const coordinatorTypes = { group: 0, transaction: 1 } as const;
const readCommitted = 1;
const keepAliveMs = 60_000;

/**
 * Connections to the cluster, made when first needed. Any failure is answered by destroying the link and opening
 * another: nothing of a connection in doubt is used again.
 */
export class Link {
  readonly #settings: LinkSettings;
  readonly #sockets = new Set<Socket>();
  readonly #cluster: WireCluster;
  readonly #onKill = (): void => this.destroy();
  #connected: Promise<void> | undefined;
  readonly #coordinators = new Map<string, Promise<WireBroker>>();
  #destroyed = false;

  constructor(settings: LinkSettings) {
    this.#settings = settings;
    this.#cluster = createCluster({
      logger: this.#logger(''),
      socketFactory: (target) => this.#open(target),
      brokers: settings.brokers,
      clientId: settings.clientId,
      ...(settings.ssl === false ? {} : { ssl: settings.ssl === true ? {} : settings.ssl }),
      ...(settings.sasl === undefined ? {} : { sasl: settings.sasl }),
      connectionTimeout: Math.min(3000, settings.requestTimeoutMs),
      authenticationTimeout: 10_000,
      reauthenticationThreshold: 10_000,
      requestTimeout: settings.requestTimeoutMs,
      enforceRequestTimeout: true,
      metadataMaxAge: 300_000,
      allowAutoTopicCreation: false,
      maxInFlightRequests: null,
      isolationLevel: readCommitted,
      retry: {
        initialRetryTime: 50,
        maxRetryTime: 500,
        retries: settings.brokers.length,
        factor: 0.2,
        multiplier: 2,
      },
    });
    settings.kill?.addEventListener('abort', this.#onKill);
    if (settings.kill?.aborted === true) this.destroy();
  }

  /** The broker that leads the partition. @throws Error where there is none now, or no connection. */
  async leader(topic: string, partition: number): Promise<WireBroker> {
    await this.#ready();
    await this.#cluster.addMultipleTargetTopics([topic]);
    const found = this.#cluster
      .findTopicPartitionMetadata(topic)
      .find(({ partitionId }) => partitionId === partition);
    if (found === undefined || found.leader < 0) throw new Error(`${topic}[${partition}] has no leader now`);
    return this.#cluster.findBroker({ nodeId: found.leader });
  }

  /** How many partitions the topic has. */
  async partitionCount(topic: string): Promise<number> {
    await this.#ready();
    await this.#cluster.addMultipleTargetTopics([topic]);
    return this.#cluster.findTopicPartitionMetadata(topic).length;
  }

  /** The broker that coordinates a group, or the transactions of an id; looked up once, and again after a `forget`. */
  async coordinator(kind: keyof typeof coordinatorTypes, id: string): Promise<WireBroker> {
    await this.#ready();
    const name = `${kind} ${id}`;
    const known = this.#coordinators.get(name);
    if (known !== undefined) return known;
    const found = this.#cluster.findGroupCoordinator({
      groupId: id,
      coordinatorType: coordinatorTypes[kind],
    });
    this.#coordinators.set(name, found);
    found.catch(() => this.#coordinators.delete(name));
    return found;
  }

  /** Coordinators have moved: look them up anew. */
  forgetCoordinators(): void {
    this.#coordinators.clear();
  }

  /** Some broker, for what any can answer. */
  async anyBroker(): Promise<WireBroker> {
    await this.#ready();
    return this.#cluster.findControllerBroker();
  }

  /** Asks the cluster for fresh metadata: one cheap round trip. */
  async refresh(): Promise<void> {
    await this.#ready();
    await this.#cluster.refreshMetadata();
  }

  get destroyed(): boolean {
    return this.#destroyed;
  }

  /** Cuts the connections; requests under way fail now. Idempotent. */
  destroy(): void {
    this.#destroyed = true;
    this.#settings.kill?.removeEventListener('abort', this.#onKill);
    // With an error, since kafkajs hears of nothing else that would end its waiting requests.
    for (const socket of this.#sockets) socket.destroy(new Error('the connection was closed'));
    this.#sockets.clear();
  }

  async #ready(): Promise<void> {
    if (this.#destroyed) throw new Error('the connection was closed');
    this.#connected ??= this.#cluster.connect().then(() => this.#cluster.refreshMetadata());
    await this.#connected;
  }

  #open(target: { readonly host: string; readonly port: number; readonly onConnect: () => void }): Socket {
    if (this.#destroyed) throw new Error('the connection was closed');
    const { host, port, onConnect } = target;
    const { ssl } = this.#settings;
    const server = isIP(host) === 0 ? { servername: host } : {};
    const socket: Socket =
      ssl === false
        ? connect({ host, port }, onConnect)
        : connectTls({ host, port, ...server, ...(ssl === true ? {} : ssl) }, onConnect);
    socket.setKeepAlive(true, keepAliveMs).setNoDelay(true);
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    return socket;
  }

  #logger(name: string): WireLogger {
    const write = (level: LogLevel) => (message: string) => {
      if (this.#destroyed || level === 'debug') return;
      this.#settings.log(calmLevel(level, message), `${name}: ${message}`);
    };
    return {
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
      namespace: (inner) => this.#logger(inner),
    };
  }
}

/** Runs `work` on a link of its own, which is gone afterwards. */
export const withLink = async <T>(settings: LinkSettings, work: (link: Link) => Promise<T>): Promise<T> => {
  const link = new Link(settings);
  try {
    return await work(link);
  } finally {
    link.destroy();
  }
};
