import type { SpanRecord } from '@kaizen-trace/contracts';
import { createSpanBatcher } from '@kaizen-trace/otlp';
import type { RefusedSpans, ReplayTarget } from './target.js';

/** What becomes of a partition's spans. */
export interface OutgoingObserver {
  taken(spans: number, refused: readonly RefusedSpans[]): void;
  failed(reason: string): void;
}

/** One message, as an assembler writes it. */
const messageBytes = 512 * 1024;
/** What waits before it is sent. */
const unitBytes = 1024 * 1024;
const unitMs = 1_000;

/**
 * A partition's spans on their way to the target: one unit is being sent while the next fills, so memory holds two. The
 * position moves in order, past what the target has answered for.
 */
export class Outgoing {
  readonly #batcher = createSpanBatcher({ maxBytes: messageBytes });
  readonly #target: ReplayTarget;
  readonly #observer: OutgoingObserver;
  readonly #cancel: AbortSignal;
  #sending: Promise<void> = Promise.resolve();
  #broken = false;
  #position: bigint;
  #since = performance.now();

  constructor(
    way: { readonly target: ReplayTarget; readonly observer: OutgoingObserver; readonly cancel: AbortSignal },
    position: bigint,
  ) {
    this.#target = way.target;
    this.#observer = way.observer;
    this.#cancel = way.cancel;
    this.#position = position;
  }

  /** Everything that records below this offset finished has been answered for. */
  get position(): bigint {
    return this.#position;
  }

  add(span: SpanRecord): void {
    this.#batcher.add(span);
  }

  /** Whether what was added fills a unit. */
  isFull(): boolean {
    return this.#batcher.pendingBytes >= unitBytes;
  }

  /** Whether the position has stood for so long that it should move, spans or none. */
  isLate(): boolean {
    return performance.now() - this.#since >= unitMs;
  }

  /** Sends what was added, once the unit before is settled. `nextOffset`: of the first record not folded yet. */
  async flush(nextOffset: bigint): Promise<void> {
    const spans = this.#batcher.pendingSpans;
    const requests = this.#batcher.take();
    this.#since = performance.now();
    await this.#sending;
    if (this.#broken) return;
    this.#sending = this.#send(requests, { spans, nextOffset });
  }

  /** Waits for the unit under way. */
  async settle(): Promise<void> {
    await this.#sending;
  }

  async #send(
    requests: readonly Uint8Array[],
    unit: { readonly spans: number; readonly nextOffset: bigint },
  ): Promise<void> {
    // The position moves in the same turn as the target's own count, so that both are saved together.
    const outcome =
      requests.length === 0
        ? ({ type: 'taken', refused: [] } as const)
        : await this.#target.send(requests, this.#cancel);
    if (outcome.type === 'failed') {
      this.#broken = true;
      this.#observer.failed(outcome.reason);
      return;
    }
    this.#position = unit.nextOffset;
    this.#observer.taken(unit.spans, outcome.refused);
  }
}
