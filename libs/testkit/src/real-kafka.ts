import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, progress } from './real-cache.js';
import { startContainer } from './real-container.js';
import { attempt, chosenSources, firstOf, isLoopback, type Attempt } from './real-part.js';
import {
  accepts,
  freePorts,
  removeFolder,
  run,
  startServer,
  temporaryFolder,
  type Server,
} from './real-process.js';
import { oncePerRun, testRun, type Shared } from './real-shared.js';

const version = '4.1.0';
const image = `apache/kafka:${version}`;
const pom = fileURLToPath(new URL('../kafka/pom.xml', import.meta.url));

/** A Kafka broker for tests, with topics made on first use and no delay before a group's first rebalance. */
export interface RealKafka {
  /** `host:port` each. */
  readonly brokers: readonly string[];
  /** Ends it where it belongs to the caller alone; a broker that others share goes on. Idempotent. */
  stop(): Promise<void>;
}

export interface OwnKafkaOptions {
  /** A port on loopback to which the broker sends its clients instead of its own: that of a proxy. */
  readonly advertisedPort?: number;
  /** Further properties of the broker, by their names in `server.properties`; they win over the ones set here. */
  readonly properties?: Readonly<Record<string, string>>;
}

/** A broker of the caller's own, which can go away and come back. */
export interface OwnKafka extends RealKafka {
  /** Where a proxy at the advertised port passes connections on to; the broker's own port where there is none. */
  readonly clientPort: number;
  /** Kills the broker's process as a crash would; its data stay. */
  crash(): Promise<void>;
  /** Starts it again on the same port and data. */
  restart(): Promise<void>;
}

/** Where a broker listens. Clients that come in by `clients` are sent to `advertised`, where a proxy may stand. */
interface BrokerPorts {
  readonly broker: number;
  readonly controller: number;
  readonly clients?: { readonly port: number; readonly advertised: number };
}

const settings = ({ ports, folder, properties }: Place): string => {
  const { broker, controller, clients } = ports;
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${String(controller)}`,
    listeners: [
      `PLAINTEXT://127.0.0.1:${String(broker)}`,
      `CONTROLLER://127.0.0.1:${String(controller)}`,
      ...(clients === undefined ? [] : [`CLIENTS://127.0.0.1:${String(clients.port)}`]),
    ].join(','),
    'advertised.listeners': [
      `PLAINTEXT://127.0.0.1:${String(broker)}`,
      ...(clients === undefined ? [] : [`CLIENTS://127.0.0.1:${String(clients.advertised)}`]),
    ].join(','),
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,CLIENTS:PLAINTEXT',
    'log.dirs': join(folder, 'data').replaceAll('\\', '/'),
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 5,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 5,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1000,
    ...properties,
  })
    .map(([key, value]) => `${key}=${String(value)}\n`)
    .join('');
};

const jars = async (): Promise<string> => {
  const java = await run('java', ['-version'], { timeoutMs: 20_000 }).then(
    () => true,
    () => false,
  );
  if (!java) throw new Error('no java (17 or newer) on the PATH');
  return cached(`kafka-${version}`, 300_000, async (folder) => {
    progress(`fetching the Kafka ${version} broker by Maven, once`);
    const args = ['-B', '-q', '-f', pom, 'dependency:copy-dependencies', '-DincludeScope=runtime'];
    await run('mvn', [...args, `-DoutputDirectory=${folder}`], { timeoutMs: 240_000 });
  });
};

const launch = async (place: Place): Promise<Server> => {
  const { folder, ports, classPath, watchedPid } = place;
  const config = join(folder, 'server.properties');
  const jvm = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=error', '-Xms256m', '-Xmx768m', '-cp', classPath];
  if (!existsSync(config)) {
    await writeFile(config, settings(place));
    const format = ['kafka.tools.StorageTool', 'format', '-t', 'MkU3OEVBNTcwNTJENDM2Qg', '-c', config];
    await run('java', [...jvm, ...format], { timeoutMs: 60_000 });
  }
  return startServer({
    command: 'java',
    args: [...jvm, 'kafka.Kafka', config],
    folder,
    ready: () => accepts('127.0.0.1', ports.broker),
    timeoutMs: 60_000,
    watchedPid,
    keepFolder: place.keepFolder,
  });
};

interface Place {
  readonly folder: string;
  readonly ports: BrokerPorts;
  readonly classPath: string;
  readonly watchedPid: number;
  readonly keepFolder: boolean;
  readonly properties: Readonly<Record<string, string>>;
}

const place = async (
  watchedPid: number,
  keepFolder: boolean,
  { advertisedPort: advertised, properties = {} }: OwnKafkaOptions = {},
): Promise<Place> => {
  const classPath = join(await jars(), '*');
  const [broker = 0, controller = 0, port = 0] = await freePorts(3);
  return {
    folder: await temporaryFolder('kafka'),
    ports: { broker, controller, ...(advertised === undefined ? {} : { clients: { port, advertised } }) },
    classPath,
    watchedPid,
    keepFolder,
    properties,
  };
};

const address = (port: number): readonly string[] => [`127.0.0.1:${String(port)}`];

const fromEnvironment = (): Attempt<Found> => {
  const brokers = process.env.TEST_KAFKA_BROKERS?.split(',').map((one) => one.trim());
  if (brokers === undefined) return { type: 'no', reason: 'TEST_KAFKA_BROKERS is not set' };
  if (!brokers.every(isLoopback)) {
    return {
      type: 'no',
      reason: 'TEST_KAFKA_BROKERS is not on loopback (TEST_ALLOW_REMOTE=1 would allow it)',
    };
  }
  return { type: 'found', part: { part: brokers, handle: {}, stop: () => Promise.resolve() } };
};

interface Found extends Shared<readonly string[]> {
  readonly stop: () => Promise<void>;
}

const fromContainer = async (): Promise<Attempt<Found>> => {
  const [port = 0] = await freePorts(1);
  const started = await startContainer({
    image,
    configure: (container) =>
      container.withExposedPorts({ container: 9092, host: port }).withEnvironment({
        KAFKA_NODE_ID: '1',
        KAFKA_PROCESS_ROLES: 'broker,controller',
        KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
        KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
        // The broker must reach itself too, to write the markers that end a transaction: the port of the clients is
        // open on the host alone.
        KAFKA_LISTENERS: 'CLIENTS://:9092,INSIDE://:19092,CONTROLLER://:9093',
        KAFKA_ADVERTISED_LISTENERS: `CLIENTS://127.0.0.1:${String(port)},INSIDE://localhost:19092`,
        KAFKA_INTER_BROKER_LISTENER_NAME: 'INSIDE',
        KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,CLIENTS:PLAINTEXT,INSIDE:PLAINTEXT',
        KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
        KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
        KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
        KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
        KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS: '1000',
      }),
    wait: ({ Wait }) => Wait.forLogMessage(/Kafka Server started/),
  });
  if (started.type === 'no') return started;
  const stop = async (): Promise<void> => {
    await started.part.stop();
  };
  const handle = { containerId: started.part.getId() };
  return { type: 'found', part: { part: address(port), handle, stop } };
};

const fromBuild = async (): Promise<Attempt<Found>> => {
  const where = await place(testRun()?.pid ?? process.pid, false);
  const server = await launch(where);
  const handle = { pid: server.pid, folder: server.folder };
  return { type: 'found', part: { part: address(where.ports.broker), handle, stop: () => server.stop() } };
};

const find = (): Promise<Found> =>
  firstOf('kafka', chosenSources<Found>({ container: fromContainer, 'local build': fromBuild }));

/**
 * A broker from the first source that works: `TEST_KAFKA_BROKERS` (on loopback, unless `TEST_ALLOW_REMOTE=1`), a
 * container, a local build from the broker's own jars. Within a test run there is one for all.
 *
 * @throws RealPartUnavailable where no source works.
 */
export const realKafka = async (): Promise<RealKafka> => {
  const given = fromEnvironment();
  if (given.type === 'found') return { brokers: given.part.part, stop: given.part.stop };
  if (process.env.TEST_KAFKA_BROKERS !== undefined) return firstOf('kafka', [() => Promise.resolve(given)]);
  const run = testRun();
  if (run === undefined) {
    const found = await find();
    return { brokers: found.part, stop: found.stop };
  }
  const once = { name: 'kafka', part: 'kafka', folder: run.folder, limitMs: 420_000 } as const;
  return { brokers: await oncePerRun(once, find), stop: () => Promise.resolve() };
};

/**
 * A broker that the caller may crash: always from a local build, never one that others use.
 *
 * @throws RealPartUnavailable where it cannot be built.
 */
export const ownKafka = async (options: OwnKafkaOptions = {}): Promise<OwnKafka> =>
  firstOf<OwnKafka>('kafka', [() => attempt('local build', () => startOwn(options))]);

const startOwn = async (options: OwnKafkaOptions): Promise<Attempt<OwnKafka>> => {
  const where = await place(process.pid, true, options);
  let server = await launch(where);
  const part: OwnKafka = {
    brokers: address(where.ports.broker),
    clientPort: where.ports.clients?.port ?? where.ports.broker,
    crash: () => server.stop(),
    restart: async () => {
      server = await launch(where);
    },
    stop: async () => {
      await server.stop();
      await removeFolder(where.folder);
    },
  };
  return { type: 'found', part };
};
