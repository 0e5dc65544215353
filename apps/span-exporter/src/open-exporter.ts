import { createOtlpClient, type OtlpClientOptions } from '@kaizen-trace/otlp';
import { reachableUrl } from '@kaizen-trace/operating';
import type { Registry } from 'prom-client';
import { asError, type SpanLog, type SpanPartitionHolder } from '@kaizen-trace/ports';
import {
  createMetrics,
  startHttp,
  type HttpServer,
  type Logger,
  type ReadinessIndicator,
  type RunningService,
} from '@kaizen-trace/service-kit';
import { createPositions } from './api/positions.js';
import { showStatus, type StatusParts } from './api/show-status.js';
import { watchBackend } from './backend.js';
import type { Backoff } from './deliver.js';
import { exportPartition } from './export-partition.js';
import { ExporterModule } from './exporter-module.js';
import { createExporterMetrics, showExporter } from './exporter-metrics.js';
import { SpanLogStrategy } from './exporter-strategy.js';

/** What an exporter reads, where it sends, and its limits. */
export interface ExporterOptions {
  /** The span log as a member of the exporters' group that announces where it is reached. */
  readonly spans: (announcement: string) => SpanLog;
  /** Name of the span log's topic, for the dead letters' headers. */
  readonly spansTopic: string;
  readonly client: OtlpClientOptions;
  readonly logger: Logger;
  /** Where health, readiness and metrics are served; 0: any free port. */
  readonly port: number;
  readonly host: string;
  /** Where the gateway reaches it, where that is another address than the one it listens on. */
  readonly announcedUrl?: string | undefined;
  /** What else has to be well for this service to be ready, such as the log. */
  readonly indicators?: readonly ReadinessIndicator[];
  /** Whether this process's own metrics are served here; once a process is enough. */
  readonly processMetrics?: boolean;
  /** Times between attempts; 0.2 s doubling to 5 s unless told. */
  readonly backoff?: Backoff;
  /** Messages of one partition that are sent and not yet acknowledged, at most; 6 unless told. */
  readonly window?: number;
  /** Exports under way at once, over all partitions; 8 unless told. */
  readonly maxConcurrent?: number;
  /** How long exports under way may go on when a partition is called back, in milliseconds; 3 s unless told. */
  readonly drainMs?: number;
}

/** A running exporter. */
export interface Exporter extends RunningService {
  /** Base of `/healthz`, `/readyz` and `/metrics`. */
  readonly url: string;
  /** Settles when it has left the group; rejects where it cannot go on, such as when unexported spans are gone. */
  readonly done: Promise<void>;
}

/**
 * Starts to export the span log over OTLP gRPC. It joins even where the backend is away: spans wait in the log until it
 * is back.
 *
 * @throws PortInUseError, StartError where its HTTP port cannot be had; Error where the log cannot be joined.
 */
export const openExporter = async (options: ExporterOptions): Promise<Exporter> => {
  const { logger } = options;
  const registry = createMetrics({ service: 'span-exporter', process: options.processMetrics ?? false });
  const parts = openParts(options, registry);
  const { backend } = parts;
  const hold: SpanPartitionHolder = (partition) =>
    exportPartition(partition, {
      ...parts,
      logger,
      topic: options.spansTopic,
      backoff: options.backoff ?? { firstMs: 200, maxMs: 5_000 },
      window: options.window ?? 6,
      drainMs: options.drainMs ?? 3_000,
    });
  // The port is known only when the server listens; the group is joined after that.
  let url = '';
  let spans: SpanLog | undefined;
  const strategy = new SpanLogStrategy(() => (spans = options.spans(options.announcedUrl ?? url)), hold);
  showExporter(registry, { ...parts, member: () => strategy.unwrap(), spans: () => spans });
  const indicators = [
    { name: 'group', check: () => strategy.readiness() },
    { name: 'backend', check: () => backend.check() },
    ...(options.indicators ?? []),
  ];
  const done = membership(strategy, logger);
  const server = await serve({
    module: {
      operations: { prefix: 'kaizen_exporter', metrics: registry, indicators },
      status: { status: () => showStatus(parts) },
    },
    strategy,
    options,
    onListening: (port) => (url = reachableUrl(options.host, port)),
  }).catch((error: unknown) => {
    backend.close();
    throw error;
  });
  // Not awaited: a backend that is away is no reason not to start, but a wrong port is said at once.
  void backend.check();
  return {
    url: server.url,
    done,
    async close() {
      // The group first: probes see what still goes on, and nothing is sent any more when the client closes.
      await strategy.close();
      await server.close();
      backend.close();
    },
  };
};

const openParts = (options: ExporterOptions, registry: Registry): StatusParts => {
  const metrics = createExporterMetrics(registry);
  const { endpoint } = options.client;
  const backend = watchBackend({
    client: createOtlpClient(options.client),
    endpoint,
    metrics,
    logger: options.logger,
    maxConcurrent: options.maxConcurrent ?? 8,
  });
  return { backend, endpoint, metrics, positions: createPositions(), startedAt: new Date() };
};

const membership = (strategy: SpanLogStrategy, logger: Logger): Promise<void> => {
  strategy.on('joined', (memberId) => logger.info({ memberId }, 'joined the exporters'));
  const done = new Promise<void>((resolve, reject) => {
    strategy.on('left', resolve);
    strategy.on('lost', (cause) => reject(asError(cause)));
  });
  // Whoever looks at `done` sees the rejection; whoever does not must not be ended by it.
  done.catch(() => undefined);
  return done;
};

interface ServedParts {
  readonly module: Parameters<typeof ExporterModule.forRoot>[0];
  readonly strategy: SpanLogStrategy;
  readonly options: Pick<ExporterOptions, 'host' | 'port' | 'logger'>;
  readonly onListening: (port: number) => void;
}

const serve = async ({ module, strategy, options, onListening }: ServedParts): Promise<HttpServer> => {
  const server = await startHttp({
    module: ExporterModule.forRoot(module),
    host: options.host,
    port: options.port,
    variable: 'KAIZEN_EXPORTER_PORT',
    logger: options.logger,
    configure: (app) => void app.connectMicroservice({ strategy }),
  });
  onListening(server.port);
  try {
    await server.app.startAllMicroservices();
    return server;
  } catch (error) {
    await server.close();
    throw error;
  }
};
