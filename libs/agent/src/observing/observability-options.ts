import type { RedactorOptions } from '@kaizen-trace/redaction';
import type { HookContextInit } from '../hooks/hook-context.js';
import type { HookEvent } from '../hooks/hook-event.js';
import type { Publisher } from '../publishing/publisher.js';
import type { OnProblem } from '../tracing/problems.js';
import type { TracingManager } from '../tracing/tracing-manager.js';

/** How events travel: as spans from this process, or as events over Kafka or the gateway. */
export type Transport = 'direct' | 'kafka' | 'http';

/** How an agent is to be observed. Everything has a default; an option wins over the environment. */
export interface ObservabilityOptions {
  /** `service.name` of the agent's spans. Else `OTEL_SERVICE_NAME`, `SERVICE_NAME`, the name of the agent's class. */
  readonly serviceName?: string | undefined;
  /** False: nothing is traced, nothing is opened, and the handle's methods answer at once. True unless told. */
  readonly enableTracing?: boolean | undefined;
  /**
   * `direct`: spans go to Jaeger from this process. `kafka`, `http`: events go to the log, and the assembler makes spans of
   * them. Else `KAIZEN_TRANSPORT`, `direct`. That brokers are set somewhere does not choose Kafka.
   */
  readonly transport?: Transport | undefined;
  /** For `direct`: the host of Jaeger or any OTLP backend. Else `OTEL_EXPORTER_OTLP_*`, `JAEGER_HOST`, `localhost`. */
  readonly jaegerHost?: string | undefined;
  /** Its OTLP gRPC port. Else `JAEGER_PORT`, 4317. */
  readonly jaegerPort?: number | undefined;
  /** Plain text instead of TLS. Else `JAEGER_INSECURE`, true. */
  readonly insecure?: boolean | undefined;
  /** For `kafka`: `host:port` of brokers. Else `KAFKA_BROKERS`; login and TLS come from `KAFKA_*`. */
  readonly brokers?: readonly string[] | undefined;
  /** For `http`: the gateway. Else `KAIZEN_GATEWAY_URL`, `http://localhost:4310`. */
  readonly gatewayUrl?: string | undefined;
  /** Only these event types, custom ones too; the others are as if they had not happened. All unless told. */
  readonly eventsToTrace?: readonly HookEvent[] | undefined;
  /** A manager that several agents share. It stays open when an agent is shut down: its owner closes it. */
  readonly tracingManager?: TracingManager | undefined;
  /** A publisher that several agents share; as with a manager. */
  readonly publisher?: Publisher | undefined;
  /** Changes an event before anything is kept of it or leaves, ahead of what is masked by default. */
  readonly redact?: ((event: HookContextInit) => HookContextInit) | undefined;
  /** What is masked, and whether; false: nothing. */
  readonly redaction?: RedactorOptions | false | undefined;
  /** Told what goes wrong in here, each kind once a minute at most. Warnings of the process unless told. */
  readonly onProblem?: OnProblem | undefined;
}
