import type { Millis } from '@kaizen-trace/contracts';
import { countSpans } from '@kaizen-trace/otlp';
import {
  deadLetterHeaders,
  offset,
  OffsetOutOfRangeError,
  readAppendedAt,
  type DeadLetter,
  type LogRecord,
  type Offset,
  type SpanPartition,
} from '@kaizen-trace/ports';
import type { Logger } from '@kaizen-trace/service-kit';
import type { Backend } from './backend.js';
import { deliver, pause, type Backoff, type Delivery } from './deliver.js';
import type { ExporterMetrics } from './exporter-metrics.js';
import { createDoorbell } from './permits.js';
import type { ExportPositions } from './api/positions.js';

/** What exporting a partition works with, and its limits. */
export interface PartitionContext {
  readonly backend: Backend;
  readonly metrics: ExporterMetrics;
  readonly positions: ExportPositions;
  readonly logger: Logger;
  readonly backoff: Backoff;
  /** Name of the span log's topic, for dead letters. */
  readonly topic: string;
  /** Messages sent and not yet acknowledged, at most. */
  readonly window: number;
  /** How long exports under way may go on after the partition is called back, in milliseconds. */
  readonly drainMs: number;
}

/** A message under way, in the order of the log. */
interface InFlight {
  readonly nextOffset: Offset;
  readonly done: Promise<unknown>;
  result: Result | undefined;
}

interface Result {
  readonly delivery: Delivery;
  readonly deadLetters: readonly Letter[];
  /** When the log took the oldest of what the message was made of, where that is known and spans were taken. */
  readonly appendedAt?: Millis | undefined;
}

/** A dead letter, and why it is one. */
interface Letter {
  readonly letter: DeadLetter;
  readonly reason: string;
}

/**
 * Exports a partition from where the group stands until it is called back, several messages at a time, and acknowledges
 * only what has no unsettled message before it. Resolves when nothing is under way any more.
 *
 * @throws OffsetOutOfRangeError where messages that were never acknowledged are gone from the log.
 */
export const exportPartition = async (partition: SpanPartition, context: PartitionContext): Promise<void> => {
  const { committedOffset, bounds } = partition;
  const from = committedOffset ?? bounds.start;
  if (from < bounds.start) {
    throw new OffsetOutOfRangeError({ partition: partition.partition, wanted: from, logStart: bounds.start });
  }
  context.positions.at(partition.partition, from);
  const over = new AbortController();
  const stop = AbortSignal.any([partition.signal, over.signal]);
  const cancel = new AbortController();
  const drain = () => setTimeout(() => cancel.abort(), context.drainMs).unref();
  stop.addEventListener('abort', drain, { once: true });
  const queue = new DeliveryQueue(partition, context, { stop, cancel: cancel.signal });
  try {
    for await (const batch of partition.read(from)) {
      for (const record of batch.records) {
        await queue.room();
        // Leaves the loop without the record: it was not sent, so nothing after it may be acknowledged.
        if (stop.aborted) return;
        queue.send(record);
      }
      queue.pass(batch.nextOffset);
    }
  } finally {
    over.abort();
    await queue.close();
    context.positions.gone(partition.partition);
  }
};

/** `stop`: no message is begun or repeated any more. `cancel`: what is under way is given up. */
interface Signals {
  readonly stop: AbortSignal;
  readonly cancel: AbortSignal;
}

/** The messages of one partition that are under way, and the loop that acknowledges them in order. */
class DeliveryQueue {
  readonly #partition: SpanPartition;
  readonly #context: PartitionContext;
  readonly #signals: Signals;
  readonly #entries: InFlight[] = [];
  readonly #arrived = createDoorbell();
  readonly #left = createDoorbell();
  readonly #acknowledging: Promise<void>;
  #closed = false;

  constructor(partition: SpanPartition, context: PartitionContext, signals: Signals) {
    this.#partition = partition;
    this.#context = context;
    this.#signals = signals;
    signals.stop.addEventListener('abort', this.#left.ring, { once: true });
    this.#acknowledging = this.#acknowledgeAll();
  }

  /** Resolves when another message may be sent, or the partition is called back. */
  async room(): Promise<void> {
    while (this.#entries.length >= this.#context.window && !this.#signals.stop.aborted) {
      await this.#left.wait();
    }
  }

  send(record: LogRecord): void {
    this.#add(offset(record.offset + 1n), this.#deliver(record));
  }

  /** Moves the position past what holds no messages, such as transaction markers. */
  pass(nextOffset: Offset): void {
    if (this.#entries.at(-1)?.nextOffset === nextOffset) return;
    this.#add(nextOffset, Promise.resolve({ delivery: { type: 'settled', refused: [] }, deadLetters: [] }));
  }

  /** Resolves when everything is acknowledged, or as much as can be after the partition was called back. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#arrived.ring();
    await this.#acknowledging;
    await Promise.all(this.#entries.map(({ done }) => done));
    this.#signals.stop.removeEventListener('abort', this.#left.ring);
  }

  #add(nextOffset: Offset, result: Promise<Result>): void {
    const entry: InFlight = {
      nextOffset,
      result: undefined,
      done: result.then((settled) => (entry.result = settled)),
    };
    this.#entries.push(entry);
    this.#arrived.ring();
  }

  async #deliver(record: LogRecord): Promise<Result> {
    const { value } = record;
    if (value === null || value.length === 0) {
      return { delivery: { type: 'settled', refused: [] }, deadLetters: [] };
    }
    const delivery = await deliver(value, { ...this.#context, ...this.#signals });
    if (delivery.type === 'given-up') return { delivery, deadLetters: [] };
    countSettled(value, delivery, this.#context.metrics);
    return { delivery, deadLetters: this.#deadLetters(record, delivery), appendedAt: readAppendedAt(record) };
  }

  #deadLetters(record: LogRecord, { refused }: Extract<Delivery, { type: 'settled' }>): readonly Letter[] {
    const { partition } = this.#partition;
    const { topic, logger } = this.#context;
    return refused.map(({ request, errorClass, message }) => {
      logger.error(
        { topic, partition, offset: String(record.offset), errorClass },
        `the backend refuses spans for good, they go to the dead letters: ${message}`,
      );
      const reason = {
        topic,
        partition,
        offset: record.offset,
        stage: 'export',
        errorClass,
        message,
      } as const;
      const headers = [...record.headers, ...deadLetterHeaders(reason)];
      return { reason: errorClass, letter: { key: record.key, value: request, headers } };
    });
  }

  async #acknowledgeAll(): Promise<void> {
    for (;;) {
      const head = this.#entries[0];
      if (head === undefined) {
        if (this.#closed) return;
        await this.#arrived.wait();
        continue;
      }
      await head.done;
      const settled = this.#settledPrefix();
      if (settled.length === 0 || !(await this.#acknowledge(settled))) return;
      this.#entries.splice(0, settled.length);
      this.#left.ring();
    }
  }

  #settledPrefix(): readonly InFlight[] {
    const open = this.#entries.findIndex(({ result }) => result?.delivery.type !== 'settled');
    return open === -1 ? [...this.#entries] : this.#entries.slice(0, open);
  }

  /** Retries until it succeeds; false where the partition was called back meanwhile. */
  async #acknowledge(settled: readonly InFlight[]): Promise<boolean> {
    const { logger, metrics, positions, backoff } = this.#context;
    const { stop } = this.#signals;
    const { partition } = this.#partition;
    const { nextOffset } = settled.at(-1)!;
    const deadLetters = settled.flatMap(({ result }) => result?.deadLetters ?? []);
    for (;;) {
      try {
        await this.#partition.acknowledge({
          nextOffset,
          deadLetters: deadLetters.map(({ letter }) => letter),
        });
        for (const { reason } of deadLetters) metrics.deadLetters.inc({ reason });
        observeAge(settled, metrics);
        positions.at(partition, nextOffset);
        return true;
      } catch (error) {
        logger.warn({ partition, err: error }, 'the position was not written; the spans may be sent again');
        if (stop.aborted) return false;
        await pause(backoff.maxMs, stop);
      }
    }
  }
}

const observeAge = (settled: readonly InFlight[], { endToEndSeconds }: ExporterMetrics): void => {
  const now = Date.now();
  for (const { result } of settled) {
    const appendedAt = result?.appendedAt;
    // The log's clock may be ahead of this one.
    if (appendedAt !== undefined) endToEndSeconds.observe(Math.max(0, now - appendedAt) / 1_000);
  }
};

const countSettled = (
  value: Uint8Array,
  { refused }: Extract<Delivery, { type: 'settled' }>,
  { batches, spans, bytes }: ExporterMetrics,
): void => {
  const total = countSpans(value);
  const rejected = refused.reduce(
    (sum, { request, rejectedSpans }) => sum + (rejectedSpans ?? countSpans(request)),
    0,
  );
  const partial = refused.some(({ rejectedSpans }) => rejectedSpans !== undefined) || rejected < total;
  const outcome = refused.length === 0 ? 'accepted' : partial ? 'partial' : 'refused';
  batches.inc({ outcome });
  spans.inc({ outcome: 'accepted' }, Math.max(0, total - rejected));
  spans.inc({ outcome: 'rejected' }, rejected);
  bytes.inc(value.length);
};
