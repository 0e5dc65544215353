import type { Span, TracerProvider } from '@opentelemetry/api';
import { INVALID_SPAN_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { PartitionState } from '@kaizen-trace/assembler-core';
import { createPartition, spanOfEvent } from '@kaizen-trace/assembler-core';
import type { SpanRecord } from '@kaizen-trace/contracts';
import { sha256Hex } from '@kaizen-trace/otlp';
import type { Redactor, RedactorOptions } from '@kaizen-trace/redaction';
import { createRedactor } from '@kaizen-trace/redaction';
import { atExit } from '../at-exit.js';
import type { HookContextInit } from '../hooks/hook-context.js';
import { HookResult } from '../hooks/hook-result.js';
import type { HookResultInit } from '../hooks/hook-result.js';
import { readEnvironment } from './environment.js';
import type { TracingManagerOptions } from './options.js';
import { checkOptions } from './options.js';
import { openSender } from './open-sender.js';
import { planOf } from './plan.js';
import type { TellProblem } from './problems.js';
import { problemTeller } from './problems.js';
import { readInit } from './read-init.js';
import { attributesObject, hrTimeOf } from './record-span.js';
import { samplerNamed, TraceSampling } from './sampling.js';
import { SpanIntake } from './span-intake.js';
import { SpanQueue } from './span-queue.js';
import { SpanStarter } from './span-starter.js';
import type { TracingStats } from './stats.js';
import { toMs, within } from './within.js';

/** What every span begins with, or the span has by its own event. */
const headKeys = new Set(['agent_id', 'event_type', 'trace_id', 'tool_name']);

/** A redactor as somebody gave it: none, one, or how to make it. */
export type Redaction = false | Redactor | RedactorOptions;

/** The redactor that is meant; masks by default. */
export const redactorOf = (redaction: Redaction | undefined): Redactor => {
  if (redaction === undefined || redaction === false) return createRedactor({ enabled: redaction !== false });
  return 'event' in redaction ? redaction : createRedactor(redaction);
};

/** Options of {@link TracingManager}. */
export interface TracingManagerInit extends TracingManagerOptions {
  /** What is masked before anything is kept; see `createRedactor`. False: nothing. */
  readonly redaction?: Redaction | undefined;
}

/**
 * Traces straight from this process into Jaeger or any OTLP backend: the queue, the connection and the spans of single
 * events. Agents may share one. What it is told wrong it refuses; after that nothing of it throws into the agent, and what
 * goes wrong is counted in `stats()` and told through `onProblem`, each kind once a minute at most.
 *
 * Standard `OTEL_*` variables keep their meaning: they win over the defaults and over `JAEGER_HOST`, `JAEGER_PORT`,
 * `JAEGER_INSECURE` and `SERVICE_NAME`, never over an option. A variable that cannot be read is told and passed over.
 *
 * @throws TypeError that names the option and what to write instead.
 */
export class TracingManager {
  readonly serviceName: string;
  /** @internal For hooks: where they hand in their spans. */
  readonly intake: SpanIntake;
  readonly #tell: TellProblem;
  readonly #queue: SpanQueue;
  readonly #starter: SpanStarter;
  readonly #single: PartitionState;
  readonly #stayAlive: () => void;
  #ending: Promise<boolean> | undefined;

  constructor(options: TracingManagerInit = {}) {
    checkOptions(options);
    this.#tell = problemTeller(options.onProblem);
    const env = readEnvironment(options.environment ?? process.env, this.#tell);
    const plan = planOf(options, env);
    this.serviceName = plan.serviceName;
    this.#queue = new SpanQueue(openSender(options, plan, this.#tell), plan.queue, this.#tell);
    const named = samplerNamed(env.sampler ?? 'parentbased_always_on', env.samplerRatio ?? 1);
    const sampling = new TraceSampling(options.sampler ?? named, this.#tell);
    const redactor = redactorOf(options.redaction);
    this.intake = new SpanIntake({ plan, queue: this.#queue, sampling, redactor, tell: this.#tell });
    this.#starter = new SpanStarter(this.intake, this.#queue, sampling);
    this.#single = createPartition(plan.assembly, sha256Hex);
    const end = (ms: number): Promise<boolean> => this.shutdown(ms / 1000);
    this.#stayAlive = options.endWithProcess === false ? () => undefined : atExit(end);
  }

  /** OpenTelemetry's provider, for an agent's or a framework's own spans: they go the same way. */
  get tracerProvider(): TracerProvider {
    return this.#starter.providerOf(this.serviceName);
  }

  /**
   * Begins the span of one event: named, identified and attributed as in layout `events`, from the event's timestamp on.
   * Under `parentSpan` it is of that span's trace; else of the event's, under the call that `parentCallId` names. Whoever
   * begins it ends it. A span that records nothing where the event or the parent is refused, or tracing is off.
   */
  createSpanFromContext(context: HookContextInit, parentSpan?: Span): Span {
    const begun = this.#safely(() => {
      const record = this.#recordOf(context);
      if (record === undefined) return undefined;
      const span = this.#starter.begin(record, parentSpan);
      showOutcome(span, record);
      return span;
    });
    return begun ?? trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
  }

  /**
   * Shows on a span how it ended: its status, the exception of a failure, the fields of `result.data` that it does not have,
   * and `duration_ms`, which is `result.durationMs` or else the time since its start. Does not end it.
   */
  updateSpanFromResult(span: Span, result: HookResultInit): void {
    this.#safely(() => {
      this.#show(span, result);
      if (!span.isRecording()) return;
      const { durationMs } = result;
      const isGiven = typeof durationMs === 'number' && Number.isFinite(durationMs) && durationMs >= 0;
      span.setAttribute('duration_ms', isGiven ? durationMs : sinceStart(span));
    });
  }

  /** Shows an error on a span, as an exception event and as its status. Takes whatever was thrown. Does not end it. */
  recordException(span: Span, error: unknown): void {
    this.#safely(() => this.#show(span, HookResult.failed(error)));
  }

  /**
   * Sends what waits. True where the backend has taken everything that had ended; false where it has not within
   * `timeoutSeconds`. Never rejects. What is still open stays open.
   */
  forceFlush(timeoutSeconds = 30): Promise<boolean> {
    return this.#ending === undefined
      ? this.#queue.flush(toMs(timeoutSeconds))
      : this.shutdown(timeoutSeconds);
  }

  /**
   * Ends the hooks, sends what waits, and gives up after `timeoutSeconds` what is not through by then. True where
   * everything is. Never rejects; further calls wait for the first. Afterwards nothing is traced any more.
   */
  shutdown(timeoutSeconds = 30): Promise<boolean> {
    const ms = toMs(timeoutSeconds);
    this.#ending ??= this.#end(ms);
    return within(this.#ending, ms);
  }

  /** What became of the spans so far. */
  stats(): TracingStats {
    return this.#queue.stats();
  }

  async #end(ms: number): Promise<boolean> {
    const deadline = Date.now() + ms;
    const isEnded = await this.intake.endHooks(ms);
    const isSent = await this.#queue.close(deadline - Date.now());
    this.#stayAlive();
    return isEnded && isSent;
  }

  /** Runs what looks at things of the agent's own, which may throw when looked at. */
  #safely<Value>(work: () => Value): Value | undefined {
    try {
      return work();
    } catch (error) {
      const { errorType = 'no error' } = HookResult.failed(error);
      this.#tell('span', `a span could not be begun or changed: what was given failed with ${errorType}`);
      return undefined;
    }
  }

  #recordOf(context: HookContextInit): SpanRecord | undefined {
    if (this.intake.isOff || this.#ending !== undefined) return undefined;
    const reading = readInit(context);
    if (reading.type === 'accepted')
      return spanOfEvent(this.#single, this.intake.redactor.event(reading.event));
    this.intake.refuse();
    this.#tell('refused event', `an event was refused: ${reading.field ?? 'it'} ${reading.reason}`);
    return undefined;
  }

  #show(span: Span, result: HookResultInit): void {
    if (!span.isRecording()) return;
    const error = result.success ? {} : { error: result.error ?? '' };
    const record = this.#recordOf({
      eventType: 'result',
      agentId: 'result',
      result: { ...result, ...error },
    });
    if (record === undefined) return;
    const own = attributesOf(span);
    const added = record.attributes.filter(([key]) => !headKeys.has(key) && !Object.hasOwn(own, key));
    span.setAttributes(attributesObject(added));
    showOutcome(span, record);
  }
}

const attributesOf = (span: Span): object =>
  'attributes' in span ? (span as unknown as ReadableSpan).attributes : {};

const sinceStart = (span: Span): number => {
  if (!('startTime' in span)) return 0;
  const [seconds, nanos] = (span as unknown as ReadableSpan).startTime;
  return Math.max(0, Math.round((Date.now() - (seconds * 1000 + nanos / 1e6)) * 1000) / 1000);
};

const hasException = (span: Span, message: unknown): boolean =>
  'events' in span &&
  (span as unknown as ReadableSpan).events.some(
    ({ name, attributes }) => name === 'exception' && attributes?.['exception.message'] === message,
  );

const showOutcome = (span: Span, { status, events }: SpanRecord): void => {
  if (status.code === 'ok') span.setStatus({ code: SpanStatusCode.OK });
  if (status.code === 'error') span.setStatus({ code: SpanStatusCode.ERROR, message: status.message });
  for (const { name, time, attributes } of events) {
    const shown = attributesObject(attributes);
    // An error that was recorded when it was thrown is not told again with the result.
    if (!hasException(span, shown['exception.message'])) span.addEvent(name, shown, hrTimeOf(time));
  }
};
