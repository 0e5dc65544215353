import { ExportResultCode } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { TellProblem } from './problems.js';
import type { SendOutcome, SpanSender } from './sender.js';
import type { TracingCounters, TracingStats } from './stats.js';
import { noTracing } from './stats.js';
import { longestTimer, within } from './within.js';

/** How spans are gathered. */
export interface QueueOptions {
  readonly maxQueueSize: number;
  readonly maxExportBatchSize: number;
  readonly scheduledDelayMillis: number;
  readonly exportTimeoutMillis: number;
}

/**
 * The bounded queue before the backend: OpenTelemetry's batch processor, with every span accounted for. What does not fit is
 * dropped and counted; nothing here throws or blocks.
 */
export class SpanQueue implements SpanProcessor {
  readonly counters: TracingCounters = noTracing();
  readonly #options: QueueOptions;
  readonly #sender: SpanSender;
  readonly #tell: TellProblem;
  readonly #batches: BatchSpanProcessor;
  readonly #onTheirWay = new Set<Promise<boolean>>();
  #waiting = 0;
  #sending = 0;
  #closing: Promise<boolean> | undefined;

  constructor(sender: SpanSender, options: QueueOptions, tell: TellProblem) {
    this.#sender = sender;
    this.#options = options;
    this.#tell = tell;
    const exporter: SpanExporter = {
      export: (spans, done) => {
        void this.#export(spans).then((isExported) =>
          done({ code: isExported ? ExportResultCode.SUCCESS : ExportResultCode.FAILED }),
        );
      },
      shutdown: () => Promise.resolve(),
    };
    // Ours ends each batch in time; that of the processor is for the case that it does not.
    const exportTimeoutMillis = Math.min(options.exportTimeoutMillis + 5_000, longestTimer);
    this.#batches = new BatchSpanProcessor(exporter, { ...options, exportTimeoutMillis });
  }

  /** How many spans find a place now. */
  get room(): number {
    return this.#options.maxQueueSize - this.#waiting;
  }

  get isClosed(): boolean {
    return this.#closing !== undefined;
  }

  onStart(): void {
    // Nothing is kept of a span that has not ended.
  }

  /** Takes a finished, sampled span, or counts it as left out. */
  onEnd(span: ReadableSpan): void {
    const { counters } = this;
    counters.ended += 1;
    if (this.#closing !== undefined) {
      counters.late += 1;
    } else if ((span.spanContext().traceFlags & 1) === 0) {
      counters.notSampled += 1;
    } else if (this.#waiting >= this.#options.maxQueueSize) {
      counters.dropped += 1;
      this.#tell(
        'queue full',
        `${counters.dropped} spans dropped so far, since the queue of ${this.#options.maxQueueSize} is full: is the backend reachable and fast enough? A larger batchSize makes a larger queue.`,
      );
    } else {
      this.#waiting += 1;
      this.#batches.onEnd(span);
    }
  }

  stats(): TracingStats {
    return { ...this.counters, pending: this.#waiting + this.#sending };
  }

  /** Whether everything that ended before has been taken by the backend; false too where that is not known after `ms`. */
  async flush(ms: number): Promise<boolean> {
    if (this.#closing !== undefined) return within(this.#closing, ms);
    return within(this.#sendAll(), ms);
  }

  forceFlush(): Promise<void> {
    return this.flush(this.#options.exportTimeoutMillis).then(() => undefined);
  }

  /** Flushes, and gives up after `ms` what is not through by then. Once; further calls wait for the first. */
  close(ms: number): Promise<boolean> {
    this.#closing ??= this.#close(ms);
    return within(this.#closing, ms);
  }

  shutdown(): Promise<void> {
    return this.close(this.#options.exportTimeoutMillis).then(() => undefined);
  }

  async #close(ms: number): Promise<boolean> {
    const isSent = await within(this.#sendAll(), ms);
    await this.#sender.close();
    void this.#batches.shutdown().catch(() => undefined);
    return isSent;
  }

  async #sendAll(): Promise<boolean> {
    this.#sender.hurry(true);
    try {
      // Hands over all that waits before it returns; what becomes of it is in the promises below.
      void this.#batches.forceFlush().catch(() => undefined);
      const answers = await Promise.all(this.#onTheirWay);
      return answers.every((isExported) => isExported);
    } finally {
      this.#sender.hurry(false);
    }
  }

  #export(spans: readonly ReadableSpan[]): Promise<boolean> {
    this.#waiting -= spans.length;
    this.#sending += spans.length;
    const deadline = Date.now() + this.#options.exportTimeoutMillis;
    const promise = this.#sender.send(spans, deadline).then((outcome) => this.#count(outcome));
    this.#onTheirWay.add(promise);
    void promise.then(() => this.#onTheirWay.delete(promise));
    return promise;
  }

  #count({ exported, failed, problem }: SendOutcome): boolean {
    this.#sending -= exported + failed;
    this.counters.exported += exported;
    this.counters.failed += failed;
    if (failed > 0)
      this.#tell(
        'export',
        `spans could not be exported, ${this.counters.failed} so far: ${problem ?? 'no reason was given'}`,
      );
    return failed === 0;
  }
}
