import { openLog } from '@kaizen-trace/adapters';
import { assemblyFrom } from '@kaizen-trace/assembler-runtime';
import { openGateway, openRedriveBackend } from '@kaizen-trace/gateway';
import type { OtlpClientOptions } from '@kaizen-trace/otlp';
import { bracketed, exportClientOptions } from '@kaizen-trace/settings';
import type { LogConnection } from '@kaizen-trace/ports';
import type { Logger } from '@kaizen-trace/service-kit';
import { openExporter } from '@kaizen-trace/span-exporter';
import { openSpanAssembler } from '@kaizen-trace/span-assembler';
import type { LogLevel, UpSettings } from './settings.js';
import { startTraceStoreThread } from './trace-store-thread.js';

/** A running pipeline: every service in this process. */
export interface Pipeline {
  readonly gatewayUrl: string;
  /** Undefined where spans go to a backend elsewhere, and no trace store was started. */
  readonly queryUrl: string | undefined;
  /** `host:port` that spans are sent to. */
  readonly backend: string;
  /** Settles when a service ended of itself; rejects with the reason where one cannot go on. */
  readonly done: Promise<void>;
  /** Takes no more events, commits and exports what is held, releases everything. Idempotent. */
  close(): Promise<void>;
}

/** Things to close, the last opened first; one that fails does not keep the others open. */
const createClosers = () => {
  const closers: (() => Promise<void>)[] = [];
  let closing: Promise<void> | undefined;
  const closeAll = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (const close of closers.reverse()) await close().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  };
  return {
    add: <T extends { close(): Promise<void> }>(opened: T): T => {
      closers.push(() => opened.close());
      return opened;
    },
    close: (): Promise<void> => (closing ??= closeAll()),
  };
};

/** How the services of this process log. */
export interface Logging {
  /** A logger that names its service on every line. */
  readonly loggerFor: (service: string) => Logger;
  readonly level: LogLevel;
  /** Whether a person reads the lines. */
  readonly pretty: boolean;
  /** Takes a line of a service on another thread as it is. */
  readonly write: (line: string) => void;
}

type Closers = ReturnType<typeof createClosers>;

interface Parts {
  readonly settings: UpSettings;
  readonly log: LogConnection;
  readonly logging: Logging;
  readonly closers: Closers;
}

interface Backend {
  readonly client: OtlpClientOptions;
  readonly queryUrl: string | undefined;
  /** Rejects where the trace store ends of itself; never settles for a backend elsewhere. */
  readonly done: Promise<void>;
  /** Tells the console's server where the gateway is. */
  readonly pointAtGateway: (url: string) => void;
}

/** A trace store of our own, unless the settings name a backend on another machine. */
const openBackend = async ({ settings, logging, closers }: Omit<Parts, 'log'>): Promise<Backend> => {
  const { backend, traceStore, log } = settings;
  if (!backend.local) {
    const forEver = new Promise<void>(() => undefined);
    const client = exportClientOptions(backend);
    return { client, queryUrl: undefined, done: forEver, pointAtGateway: () => undefined };
  }
  const { level, pretty, write } = logging;
  const options = { ...traceStore, dataDir: log.dataDirectory, processMetrics: false };
  const store = closers.add(await startTraceStoreThread({ store: options, logLevel: level, pretty }, write));
  // The exporter follows the trace store, whichever port that was given.
  const endpoint = `${bracketed(traceStore.host)}:${store.otlpPort}`;
  const client = { endpoint, insecure: true, headers: {} };
  const { queryUrl, done } = store;
  return { client, queryUrl, done, pointAtGateway: (url) => store.pointAtGateway(url) };
};

const openServices = async ({ settings, log, logging, closers }: Parts, client: OtlpClientOptions) => {
  const { topicPrefix, groups, sessionTimeoutMs } = settings.log;
  const session = sessionTimeoutMs === undefined ? {} : { sessionTimeoutMs };
  const exporter = closers.add(
    await openExporter({
      spans: (announcement) => log.spans({ group: groups.exporter, announcement, ...session }),
      spansTopic: `${topicPrefix}spans`,
      client,
      ...settings.exporterHttp,
      logger: logging.loggerFor('span-exporter'),
    }),
  );
  const assembler = closers.add(
    await openSpanAssembler({
      log,
      owner: { group: groups.assembler, topic: `${topicPrefix}hook-events` },
      assembly: assemblyFrom(settings.assembly),
      ...session,
      ...settings.assemblerMemory,
      http: settings.assemblerHttp,
      logger: logging.loggerFor('span-assembler'),
      processMetrics: false,
    }),
  );
  const backend = closers.add(openRedriveBackend(client));
  const gateway = closers.add(
    await openGateway({
      ...settings.gateway,
      events: log.events,
      ping: () => log.ping(),
      operating: {
        log,
        assemblers: log.assemblers({ group: groups.assembler }),
        exporters: log.spans({ group: groups.exporter }),
        sendSpans: backend.send,
        replay: {
          owner: { group: groups.assembler, topic: `${topicPrefix}hook-events` },
          configured: assemblyFrom(settings.assembly),
          backend: client,
        },
      },
      logger: logging.loggerFor('gateway'),
    }),
  );
  return { exporter, assembler, gateway };
};

/**
 * Starts the log, the trace store, the exporter, the assembler and the gateway, in this order, in this process.
 *
 * @throws StartError, PortInUseError naming the variable to change; whatever was opened before is closed again.
 */
export const openPipeline = async (settings: UpSettings, logging: Logging): Promise<Pipeline> => {
  const closers = createClosers();
  try {
    const log = closers.add(await openLog(settings.log));
    const { client, queryUrl, done, pointAtGateway } = await openBackend({ settings, logging, closers });
    const { exporter, assembler, gateway } = await openServices({ settings, log, logging, closers }, client);
    pointAtGateway(gateway.url);
    return {
      gatewayUrl: gateway.url,
      queryUrl,
      backend: client.endpoint,
      done: Promise.race([done, exporter.done, assembler.done]),
      close: closers.close,
    };
  } catch (error) {
    await closers.close().catch(() => undefined);
    throw error;
  }
};
