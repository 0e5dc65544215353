import type { AssemblySettings } from '@kaizen-trace/assembler-core';
import type { Assembler, CommitPolicy, PartitionStatus, StateOwner } from '@kaizen-trace/assembler-runtime';
import { openAssembler } from '@kaizen-trace/assembler-runtime';
import { reachableUrl } from '@kaizen-trace/operating';
import type { LogConnection } from '@kaizen-trace/ports';
import type { Logger, ReadinessIndicator } from '@kaizen-trace/service-kit';
import { createMetrics, logIndicator, OperationsModule, startHttp } from '@kaizen-trace/service-kit';
import type { ScanOpen } from './api/open-operations-module.js';
import { nothingOpen, OpenOperationsModule } from './api/open-operations-module.js';
import { openOldest, showOldestOpen } from './api/oldest-open.js';
import { PartitionsModule } from './api/partitions-module.js';
import { observeAssembler } from './assembler-metrics.js';
import { AssemblerStrategy } from './assembler-strategy.js';
import { logEvents } from './log-events.js';
import { SpanAssemblerModule } from './span-assembler.module.js';

export interface SpanAssemblerOptions {
  readonly log: LogConnection;
  readonly owner: StateOwner;
  readonly assembly: AssemblySettings;
  readonly commit?: Partial<CommitPolicy>;
  /** About how many bytes of memory open operations may take; what is more stays on disk. The runtime's own unless told. */
  readonly cacheBytes?: number | undefined;
  /** How long it may be silent before its partitions go to others, in milliseconds; the log's own default unless told. */
  readonly sessionTimeoutMs?: number;
  readonly http: {
    readonly host: string;
    readonly port: number;
    /** Where the gateway reaches it, where that is another address than the one it listens on. */
    readonly announcedUrl?: string | undefined;
  };
  readonly logger: Logger;
  /** Whether the process's own metrics are shown here; once a process is enough. */
  readonly processMetrics: boolean;
}

export interface SpanAssembler {
  readonly url: string;
  /** The partitions held now. */
  statuses(): readonly PartitionStatus[];
  /** Settles when the group was left; rejects where membership was lost for good. */
  readonly done: Promise<void>;
  /** Commits what is held, leaves the group, stops listening. Idempotent. */
  close(): Promise<void>;
}

const showPartition = ({ partition, phase, restoring, problem }: PartitionStatus): string => {
  const progress = restoring === undefined ? '' : ` ${restoring.done} of ${restoring.total}`;
  return `${partition} ${phase}${progress}${problem === undefined ? '' : `: ${problem.message}`}`;
};

/** Ready once every partition held is running; a halted one stays not ready until a person has mended it. */
const partitionsIndicator = (statuses: () => readonly PartitionStatus[]): ReadinessIndicator => ({
  name: 'partitions',
  check: () => {
    const waiting = statuses().filter(({ phase }) => phase !== 'running');
    if (waiting.length === 0) return { type: 'ready' };
    return { type: 'not-ready', reason: waiting.map(showPartition).join('; ') };
  },
});

/**
 * Starts the service: health, metrics, `/api/open-operations` and `/api/partitions`, then the assembler as a NestJS microservice.
 *
 * @throws PortInUseError, StartError where it cannot listen; Error where the group cannot be joined.
 */
export const openSpanAssembler = async (options: SpanAssemblerOptions): Promise<SpanAssembler> => {
  const { log, logger } = options;
  let assembler: Assembler | undefined;
  const statuses = (): readonly PartitionStatus[] => assembler?.statuses() ?? [];
  const registry = createMetrics({ service: 'span-assembler', process: options.processMetrics });
  const observe = observeAssembler(registry, { statuses, assembler: () => assembler, events: log.events });
  const explain = logEvents(logger);
  let url = '';
  // The port is known only when the server listens; the group is joined after that.
  const announced = (): string => options.http.announcedUrl ?? url;
  const strategy = new AssemblerStrategy(async () => {
    assembler = await openAssembler({
      log: log.assemblers({
        group: options.owner.group,
        announcement: announced(),
        ...(options.sessionTimeoutMs === undefined ? {} : { sessionTimeoutMs: options.sessionTimeoutMs }),
      }),
      owner: options.owner,
      settings: options.assembly,
      ...(options.commit === undefined ? {} : { commit: options.commit }),
      cacheBytes: options.cacheBytes,
      observer: (event) => [observe, explain].forEach((tell) => tell(event)),
    });
    return assembler;
  });
  const indicators = [logIndicator(() => log.ping()), partitionsIndicator(statuses)];
  const scan: ScanOpen = (query) => assembler?.openOperations(query) ?? Promise.resolve(nothingOpen);
  const oldestOpen = showOldestOpen(registry, openOldest(scan));
  const { host, port } = options.http;
  const server = await startHttp({
    module: SpanAssemblerModule.forRoot(
      OperationsModule.forRoot({ prefix: 'kaizen_assembler', metrics: registry, indicators }),
      OpenOperationsModule.forRoot({ scan }),
      PartitionsModule.forRoot({ assembler: () => assembler, oldestOpen }),
    ),
    host,
    port,
    variable: 'KAIZEN_ASSEMBLER_PORT',
    logger,
  });
  url = reachableUrl(host, server.port);
  server.app.connectMicroservice({ strategy });
  try {
    await server.app.startAllMicroservices();
  } catch (error) {
    await server.close();
    throw error;
  }
  return { url: server.url, statuses, done: assembler!.done, close: () => server.close() };
};
