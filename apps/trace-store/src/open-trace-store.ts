import { join } from 'node:path';
import { startHttp } from '@kaizen-trace/service-kit';
import type { HttpServer, Logger, ReadinessIndicator } from '@kaizen-trace/service-kit';
import type { TraceStoreSettings } from '@kaizen-trace/settings';
import { startOtlpServer } from './otlp/otlp-server.js';
import type { OtlpServer } from './otlp/otlp-server.js';
import { storeMetrics } from './store-metrics.js';
import { TraceStore } from './store/trace-store.js';
import { TraceStoreModule } from './trace-store.module.js';

/** Where the store lies, what it serves, and its limits. */
export interface TraceStoreOptions extends TraceStoreSettings {
  /** The store lies in `traces` under it. */
  readonly dataDir: string;
  readonly logger: Logger;
  /** The largest OTLP request, unpacked; default 16 MiB. */
  readonly maxRequestBytes?: number;
  /** The most bytes of requests that may wait for a commit; default 64 MiB. */
  readonly maxWaitingBytes?: number;
  /** The most spans that are shown of one trace; default 200,000. */
  readonly maxTraceSpans?: number;
  /** How often retention looks, in milliseconds; default 10 s. */
  readonly sweepIntervalMs?: number;
  /** Whether `/metrics` has the process's own too; default true, once a process is enough. */
  readonly processMetrics?: boolean;
}

/** A trace store that runs. */
export interface RunningTraceStore {
  /** Where the query API is, without a slash at its end. */
  readonly queryUrl: string;
  readonly queryPort: number;
  readonly otlpPort: number;
  /** Refuses new spans, stores those that were taken, then closes everything. Idempotent. */
  close(): Promise<void>;
}

const mebibyte = 1024 * 1024;

const openStore = (options: TraceStoreOptions): TraceStore =>
  new TraceStore(join(options.dataDir, 'traces'), {
    retentionMs: options.retentionMs,
    maxBytes: options.maxBytes,
    maxWaitingBytes: options.maxWaitingBytes ?? 64 * mebibyte,
    sweepIntervalMs: options.sweepIntervalMs ?? 10_000,
    onSweepFailed: (error) => options.logger.error({ err: error }, 'old traces could not be removed'),
  });

/** Not ready from a commit that failed to the next that does not. */
const writable = (store: TraceStore): ReadinessIndicator => ({
  name: 'store',
  check: () =>
    store.lastFailure === undefined
      ? { type: 'ready' }
      : { type: 'not-ready', reason: `the last spans could not be written: ${store.lastFailure.message}` },
});

const startQueryApi = (store: TraceStore, options: TraceStoreOptions): Promise<HttpServer> => {
  const metrics = storeMetrics(store, options.processMetrics ?? true);
  return startHttp({
    module: TraceStoreModule.forSettings({
      store,
      limits: {
        maxSearchTraces: options.maxSearchTraces,
        maxTraceSpans: options.maxTraceSpans ?? 200_000,
      },
      operations: { metrics, indicators: [writable(store)] },
    }),
    host: options.host,
    port: options.queryPort,
    variable: 'KAIZEN_QUERY_PORT',
    logger: options.logger,
    // A service name may have 256 characters, each of up to nine when encoded in a path.
    fastify: { routerOptions: { maxParamLength: 4096 } },
  });
};

/**
 * Opens the store and serves it: OTLP gRPC in, Jaeger's query API out.
 *
 * @throws PortInUseError, StartError where a port cannot be had, naming the variable that changes it.
 */
export const openTraceStore = async (options: TraceStoreOptions): Promise<RunningTraceStore> => {
  const store = openStore(options);
  let http: HttpServer | undefined;
  let otlp: OtlpServer;
  try {
    http = await startQueryApi(store, options);
    otlp = await startOtlpServer({
      store,
      host: options.host,
      port: options.otlpPort,
      maxRequestBytes: options.maxRequestBytes ?? 16 * mebibyte,
      logger: options.logger,
    });
  } catch (error) {
    await http?.close();
    await store.close();
    throw error;
  }
  const api = http;
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await otlp.close();
    await api.close();
    await store.close();
  };
  return { queryUrl: api.url, queryPort: api.port, otlpPort: otlp.port, close: () => (closing ??= close()) };
};
