import { join } from 'node:path';
import type { HttpServer, Logger, ReadinessIndicator } from '@kaizen-trace/service-kit';
import type { QueryAccess, TraceStoreSettings } from '@kaizen-trace/settings';
import { createGatewayProxy, type GatewayProxy } from './gateway-proxy/gateway-proxy-module.js';
import { startOtlpServer } from './otlp/otlp-server.js';
import type { OtlpServer } from './otlp/otlp-server.js';
import { builtConsole } from './page/console-files.js';
import { serveQueries } from './serve-queries.js';
import { storeMetrics } from './store-metrics.js';
import { TraceStore } from './store/trace-store.js';
import { TraceStoreModule } from './trace-store.module.js';

/** Where the store lies, what it serves to whom, and its limits. By default it is served where `host` is, to this machine. */
export interface TraceStoreOptions extends Omit<TraceStoreSettings, keyof QueryAccess>, Partial<QueryAccess> {
  /** The store lies in `traces` under it. */
  readonly dataDir: string;
  readonly logger: Logger;
  /** The largest OTLP request, unpacked; default 16 MiB. */
  readonly maxRequestBytes?: number;
  /** The most bytes of requests that may wait for a commit; default 64 MiB. */
  readonly maxWaitingBytes?: number;
  /** The most spans that are shown of one trace; default 200,000. */
  readonly maxTraceSpans?: number;
  /** About how many bytes of traces all answers under way may hold, others wait; default 256 MiB. */
  readonly maxAnswerBytes?: number;
  /** How long a client may take nothing of its answer, in milliseconds; default a minute. */
  readonly stuckMs?: number;
  /** Where the built console lies; default where `npm run build` puts it. */
  readonly consoleDir?: string;
  /** How often retention looks, in milliseconds; default 10 s. */
  readonly sweepIntervalMs?: number;
  /** The gateway whose operating API is served here too, for the console; may be told later. */
  readonly gatewayUrl?: string | undefined;
  /** Whether `/metrics` has the process's own too; default true, once a process is enough. */
  readonly processMetrics?: boolean;
}

/** A trace store that runs. */
export interface RunningTraceStore {
  /** Where the query API is, without a slash at its end. */
  readonly queryUrl: string;
  readonly queryPort: number;
  readonly otlpPort: number;
  /** Serves the operating API of this gateway from now on. */
  pointAtGateway(url: string | undefined): void;
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

const startQueryApi = (
  store: TraceStore,
  options: TraceStoreOptions,
  proxy: GatewayProxy,
): Promise<HttpServer> => {
  const { queryHost = options.host, queryKeys = [], queryOpen = false, logger } = options;
  const metrics = storeMetrics(store, options.processMetrics ?? true);
  return serveQueries({
    module: TraceStoreModule.forSettings({
      store,
      limits: {
        maxSearchTraces: options.maxSearchTraces,
        maxTraceSpans: options.maxTraceSpans ?? 200_000,
        maxAnswerBytes: options.maxAnswerBytes ?? 256 * mebibyte,
        stuckMs: options.stuckMs ?? 60_000,
      },
      consoleDir: options.consoleDir ?? builtConsole,
      operations: { prefix: 'kaizen_trace_store', metrics, indicators: [writable(store)] },
      gateway: proxy,
    }),
    queryHost,
    queryKeys,
    queryOpen,
    port: options.queryPort,
    variable: 'KAIZEN_QUERY_PORT',
    logger,
  });
};

/**
 * Opens the store and serves it: OTLP gRPC in, Jaeger's query API and the console out.
 *
 * @throws PortInUseError, StartError where a port cannot be had, naming the variable that changes it, or where the query
 * API would be open to other machines without keys.
 */
export const openTraceStore = async (options: TraceStoreOptions): Promise<RunningTraceStore> => {
  const store = openStore(options);
  const proxy = createGatewayProxy({ logger: options.logger });
  proxy.point(options.gatewayUrl);
  let http: HttpServer | undefined;
  let otlp: OtlpServer;
  try {
    http = await startQueryApi(store, options, proxy);
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
  return {
    queryUrl: api.url,
    queryPort: api.port,
    otlpPort: otlp.port,
    pointAtGateway: (url) => proxy.point(url),
    close: () => (closing ??= close()),
  };
};
