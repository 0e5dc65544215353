import { Module, type DynamicModule } from '@nestjs/common';
import type { EventLog, LogConnection } from '@kaizen-trace/ports';
import { createRedactor } from '@kaizen-trace/redaction';
import {
  createMetrics,
  logIndicator,
  OperationsModule,
  showLogEnds,
  type Logger,
} from '@kaizen-trace/service-kit';
import { OperatingApiModule, type OperatingApiOptions } from './api/operating-api-module.js';
import { EventsController, ingestParts, type IngestParts } from './events-controller.js';
import { createGatewayMetrics } from './gateway-metrics.js';
import { createHookMetrics } from './hooks/hook-metrics.js';
import { HooksModule } from './hooks/hooks-module.js';
import { openByteBudget } from './ingest/budget.js';

export interface GatewayModuleOptions {
  readonly events: Pick<EventLog, 'append'>;
  readonly ping: () => ReturnType<LogConnection['ping']>;
  readonly maxBodyBytes: number;
  readonly maxInFlightBytes: number;
  readonly logger: Logger;
  /** Whether this process's own metrics are shown here; once a process is enough. Default true. */
  readonly processMetrics?: boolean;
  /** Milliseconds since the epoch, for events without a timestamp. Default: the system's clock. */
  readonly now?: () => number;
  /** Whether secrets are masked before anything is appended. Default true. */
  readonly redaction?: boolean;
  /** More keys whose values are masked. */
  readonly redactKeys?: readonly string[];
  /** Whether prompts, answers and what tools are given and give go into events made of hooks. Default false. */
  readonly captureContent?: boolean;
  /** What one trace of hooks is. Default: a session. */
  readonly hookTrace?: 'session' | 'prompt';
  /** Bytes of hooks that wait for the log; beyond it the oldest go. Default 16 MiB. */
  readonly hookQueueBytes?: number;
  /** Serves the operating API too, under `/api`; without it there is none. */
  readonly operating?: OperatingApiOptions;
}

const logEnds = {
  name: 'kaizen_gateway_log_end_offset',
  help: 'Where each partition of the event log ends; what the assemblers are behind it is their lag.',
};

const defaultHookQueueBytes = 16 * 1024 ** 2;

/** The root module: ingest, the operating API, health, readiness, metrics. It closes nothing that it was given. */
@Module({})
export class GatewayModule {
  static forRoot(options: GatewayModuleOptions): DynamicModule {
    const { events, maxBodyBytes, maxInFlightBytes, logger, now = Date.now } = options;
    const registry = createMetrics({ service: 'gateway', process: options.processMetrics ?? true });
    if (options.operating !== undefined) showLogEnds(registry, logEnds, options.operating.log.events);
    const budget = openByteBudget(maxInFlightBytes);
    const redactor = createRedactor({ keys: options.redactKeys, enabled: options.redaction });
    const intake = { maxBodyBytes, budget, now, redact: redactor.event };
    const parts: IngestParts = {
      ingest: { ...intake, events },
      metrics: createGatewayMetrics(registry, { now: budget.inUse, most: maxInFlightBytes }),
      logger,
    };
    return {
      module: GatewayModule,
      imports: [
        OperationsModule.forRoot({
          prefix: 'kaizen_gateway',
          metrics: registry,
          indicators: [logIndicator(() => options.ping())],
        }),
        HooksModule.forRoot({
          events,
          intake: {
            ...intake,
            captureContent: options.captureContent ?? false,
            trace: options.hookTrace ?? 'session',
          },
          maxQueuedBytes: options.hookQueueBytes ?? defaultHookQueueBytes,
          metrics: createHookMetrics(registry),
          logger,
        }),
        ...(options.operating === undefined ? [] : [OperatingApiModule.forRoot(options.operating, logger)]),
      ],
      controllers: [EventsController],
      providers: [{ provide: ingestParts, useValue: parts }],
    };
  }
}
