import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jaegerBinary } from './real-jaeger-build.js';
import { startContainer } from './real-container.js';
import { attempt, chosenSources, firstOf, isLoopback, type Attempt } from './real-part.js';
import { freePorts, startServer, temporaryFolder } from './real-process.js';
import { oncePerRun, testRun, type Shared } from './real-shared.js';

const image = 'jaegertracing/jaeger:2.13.0';

/** A Jaeger v2 for tests, with memory as its storage. */
export interface RealJaeger {
  /** Base of the HTTP query API, without a slash at its end. */
  readonly queryUrl: string;
  /** `host:port` of the OTLP gRPC receiver. */
  readonly otlpEndpoint: string;
  /** Ends it where it belongs to the caller alone; one that others share goes on. Idempotent. */
  stop(): Promise<void>;
}

/** What the Jaeger is to do beside taking OTLP. */
export interface RealJaegerOptions {
  /** Also reads OTLP requests from this topic, from its beginning, with Jaeger's own Kafka receiver; never shared. */
  readonly kafkaReceiver?: { readonly brokers: readonly string[]; readonly topic: string };
  /** Also takes spans in other ways, on these ports of loopback; never shared. */
  readonly otherReceivers?: OtherReceivers;
  /** One of the caller's own, started now from a local build. */
  readonly own?: boolean;
}

/** The ports of receivers beside OTLP gRPC. */
export interface OtherReceivers {
  readonly otlpHttp: number;
  readonly thriftHttp: number;
  readonly zipkin: number;
}

type Address = Pick<RealJaeger, 'queryUrl' | 'otlpEndpoint'>;

interface Found extends Shared<Address> {
  readonly stop: () => Promise<void>;
}

interface Ports {
  readonly otlp: number;
  readonly query: number;
  readonly queryGrpc: number;
}

/**
 * JSON is YAML: no quoting to get wrong. Without a batch processor, which the image's own configuration has: a span shows
 * as soon as it is acknowledged.
 */
const configuration = (host: string, ports: Ports, options: RealJaegerOptions = {}): string => {
  const { kafkaReceiver: receiver, otherReceivers: others } = options;
  const local = (port: number): string => `${host}:${String(port)}`;
  const http = others && { http: { endpoint: local(others.otlpHttp) } };
  const other = others && {
    jaeger: { protocols: { thrift_http: { endpoint: local(others.thriftHttp) } } },
    zipkin: { endpoint: local(others.zipkin) },
  };
  const kafka = receiver && {
    kafka: {
      brokers: receiver.brokers,
      traces: { topic: receiver.topic, encoding: 'otlp_proto' },
      group_id: `jaeger-${receiver.topic}`,
      initial_offset: 'earliest',
    },
  };
  return JSON.stringify({
    service: {
      extensions: ['jaeger_storage', 'jaeger_query'],
      pipelines: {
        traces: {
          receivers: ['otlp', ...Object.keys({ ...kafka, ...other })],
          exporters: ['jaeger_storage_exporter'],
        },
      },
      telemetry: { metrics: { level: 'none' }, logs: { level: 'error' } },
    },
    extensions: {
      jaeger_query: {
        storage: { traces: 'memory' },
        http: { endpoint: local(ports.query) },
        grpc: { endpoint: local(ports.queryGrpc) },
        // Its traces of itself would go to whoever listens on port 4317.
        enable_tracing: false,
      },
      jaeger_storage: { backends: { memory: { memory: { max_traces: 200_000 } } } },
    },
    receivers: {
      otlp: { protocols: { grpc: { endpoint: local(ports.otlp) }, ...http } },
      ...kafka,
      ...other,
    },
    exporters: { jaeger_storage_exporter: { trace_storage: 'memory' } },
  });
};

const answers = (queryUrl: string): Promise<boolean> =>
  fetch(`${queryUrl}/api/services`, { signal: AbortSignal.timeout(2000) }).then(
    (response) => response.ok,
    () => false,
  );

const fromBuild = async (watchedPid: number, options: RealJaegerOptions = {}): Promise<Attempt<Found>> => {
  const binary = await jaegerBinary();
  const [otlp = 0, query = 0, queryGrpc = 0] = await freePorts(3);
  const folder = await temporaryFolder('jaeger');
  const config = join(folder, 'config.yaml');
  await writeFile(config, configuration('127.0.0.1', { otlp, query, queryGrpc }, options));
  const part = {
    queryUrl: `http://127.0.0.1:${String(query)}`,
    otlpEndpoint: `127.0.0.1:${String(otlp)}`,
  };
  const server = await startServer({
    command: binary,
    args: ['--config', config],
    folder,
    ready: () => answers(part.queryUrl),
    timeoutMs: 60_000,
    watchedPid,
  });
  return { type: 'found', part: { part, handle: { pid: server.pid, folder }, stop: () => server.stop() } };
};

const fromContainer = async (): Promise<Attempt<Found>> => {
  const content = configuration('0.0.0.0', { otlp: 4317, query: 16686, queryGrpc: 16685 });
  const target = '/etc/jaeger/config.yaml';
  const started = await startContainer({
    image,
    configure: (container) =>
      container
        .withExposedPorts(4317, 16686)
        .withCopyContentToContainer([{ content, target }])
        .withCommand(['--config', target]),
    wait: ({ Wait }) => Wait.forHttp('/api/services', 16686),
  });
  if (started.type === 'no') return started;
  const container = started.part;
  const at = (port: number): string => `${container.getHost()}:${String(container.getMappedPort(port))}`;
  const part = { queryUrl: `http://${at(16686)}`, otlpEndpoint: at(4317) };
  const stop = async (): Promise<void> => {
    await container.stop();
  };
  return { type: 'found', part: { part, handle: { containerId: container.getId() }, stop } };
};

const fromEnvironment = (): Attempt<Address> | undefined => {
  const queryUrl = process.env.TEST_JAEGER_QUERY_URL?.replace(/\/$/, '');
  const otlpEndpoint = process.env.TEST_JAEGER_OTLP?.replace(/^http:\/\//, '');
  if (queryUrl === undefined && otlpEndpoint === undefined) return undefined;
  if (queryUrl === undefined || otlpEndpoint === undefined) {
    return { type: 'no', reason: 'TEST_JAEGER_QUERY_URL and TEST_JAEGER_OTLP go together; one is not set' };
  }
  if (![queryUrl, otlpEndpoint].every(isLoopback)) {
    return { type: 'no', reason: 'TEST_JAEGER_… is not on loopback (TEST_ALLOW_REMOTE=1 would allow it)' };
  }
  return { type: 'found', part: { queryUrl, otlpEndpoint } };
};

const find = (): Promise<Found> =>
  firstOf(
    'jaeger',
    chosenSources<Found>({
      container: fromContainer,
      'local build': () => fromBuild(testRun()?.pid ?? process.pid),
    }),
  );

const owned = ({ part, stop }: Found): RealJaeger => ({ ...part, stop });
const notOurs = (part: Address): RealJaeger => ({ ...part, stop: () => Promise.resolve() });

/**
 * A Jaeger from the first source that works: `TEST_JAEGER_QUERY_URL` with `TEST_JAEGER_OTLP` (on loopback, unless
 * `TEST_ALLOW_REMOTE=1`), a container, a local build with Go. Within a test run there is one for all.
 *
 * @throws RealPartUnavailable where no source works.
 */
export const realJaeger = async (options: RealJaegerOptions = {}): Promise<RealJaeger> => {
  const { kafkaReceiver, otherReceivers, own } = options;
  if (kafkaReceiver !== undefined || otherReceivers !== undefined || own === true) {
    const build = () => attempt('local build', () => fromBuild(process.pid, options));
    return owned(await firstOf('jaeger', [build]));
  }
  const given = fromEnvironment();
  if (given !== undefined) return notOurs(await firstOf('jaeger', [() => Promise.resolve(given)]));
  const run = testRun();
  if (run === undefined) return owned(await find());
  const once = { name: 'jaeger', part: 'jaeger', folder: run.folder, limitMs: 2_000_000 } as const;
  return notOurs(await oncePerRun(once, find));
};
