import { setTimeout as sleep } from 'node:timers/promises';
import type { Redactor } from '@kaizen-trace/redaction';
import { deliver, reasonOf, type Delivery, type Sink } from '@kaizen-trace/sending';
import { cell, ring, type Counters, type Shared } from '../cells.js';
import type { Destination, ProblemKind, SenderJob } from './job.js';
import { openSink, type OpenedSink } from './open-sink.js';
import { prepare, type Prepared } from './prepare.js';
import { look, sleepUntil } from './sleep.js';
import type { Peeked, Source } from './source.js';

/** What a sender works with. */
export interface SenderParts {
  readonly shared: Shared;
  readonly destination: Destination;
  readonly batch: SenderJob['batch'];
  readonly redactor: Redactor;
  /** Aborted when nothing more is to be sent. */
  readonly closing: AbortSignal;
  readonly tell: (kind: ProblemKind, message: string) => void;
}

/** Under which names the events of a source are counted. */
export interface Account {
  readonly delivered: Parameters<Counters['add']>[0];
  readonly refused: Parameters<Counters['add']>[0];
}

/**
 * How long one batch is tried before the buffer is looked at again: long enough for a slow answer, and short enough that
 * what was dropped meanwhile is noticed within half of the ring's range of positions.
 */
const patienceMs = 20_000;
const longestPauseMs = 5_000;
/** Where something should be there and is not. */
const recheckMs = 50;
/** Where the place to look at cannot be opened. */
const reopenMs = 1_000;

/** What became of the first lines of a batch. */
interface Settlement {
  readonly count: number;
  readonly delivered: number;
  readonly refused: number;
}

const settlementOf = ({ count, refused }: Prepared<unknown>, delivery: Delivery): Settlement => {
  const done = delivery.type === 'taken' ? count : delivery.from;
  const refusedHere = refused.filter(({ line }) => line < done).length;
  const refusedThere = delivery.rejected.length;
  return { count: done, delivered: done - refusedHere - refusedThere, refused: refusedHere + refusedThere };
};

/** Hands the lines of a source over, batch by batch, each only after the one before is answered. */
export class Sender {
  readonly #parts: SenderParts;
  #sink: OpenedSink | undefined;
  #failures = 0;
  /** Lines, from the oldest of a source on, that an attempt held whose outcome is not known. */
  #uncertain: { readonly source: Source; readonly lines: number } | undefined;

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  /** Sends until the source is empty. False where it was told to stop before. */
  async drain(source: Source, account: Account): Promise<boolean> {
    for (;;) {
      if (this.#parts.closing.aborted) return false;
      const isMore = await this.#step(source, account);
      if (!isMore) return true;
    }
  }

  /** Sends whatever comes, until it is told to stop, or `isOver` says so between two batches. */
  async follow(
    source: () => Source | undefined,
    account: Account,
    isOver: () => boolean = () => false,
  ): Promise<void> {
    const { closing, shared, batch } = this.#parts;
    for (let since = performance.now(); !closing.aborted && !isOver();) {
      const seen = look(shared.cells);
      const from = source();
      const { events, bytes } = from?.waiting() ?? { events: 0, bytes: 0 };
      if (from === undefined || events <= 0) {
        // Nothing is there to be read, but looking there leaves behind, and deletes, a segment that is sent.
        from?.peek(batch);
        const ms = from === undefined ? reopenMs : Infinity;
        await sleepUntil(shared.cells, seen, { events: 1, bytes: Infinity, ms });
        since = performance.now();
        continue;
      }
      const lingerMs = batch.lingerMs - (performance.now() - since);
      const isFull = events >= batch.events || bytes >= batch.bytes;
      if (!isFull && lingerMs > 0 && Atomics.load(shared.cells, cell.flushing) === 0) {
        const missing = { events: batch.events - events, bytes: batch.bytes - bytes };
        await sleepUntil(shared.cells, seen, { ...missing, ms: Math.ceil(lingerMs) });
        continue;
      }
      if (!(await this.#step(from, account))) await sleep(recheckMs);
      since = performance.now();
    }
  }

  async close(): Promise<void> {
    await this.#sink?.close();
  }

  /** One batch. False where there is none. */
  async #step(source: Source, account: Account): Promise<boolean> {
    const peeked = source.peek(this.#parts.batch);
    if (peeked.lines.length === 0) return false;
    const sink = await this.#opened();
    if (sink === undefined) return true;
    await sink.use((open) => this.#send(open, { source, peeked, account }));
    return true;
  }

  async #send<Payload>(
    sink: Sink<Payload>,
    {
      source,
      peeked,
      account,
    }: { readonly source: Source; readonly peeked: Peeked; readonly account: Account },
  ): Promise<void> {
    const { shared } = this.#parts;
    const prepared = prepare(peeked.lines, { sink, redactor: this.#parts.redactor });
    source.begin(peeked, prepared.count);
    const { delivery, isRepeated, isUncertain } = await this.#deliver(sink, prepared);
    const { count, delivered, refused } = settlementOf(prepared, delivery);
    this.#tellRefusals(prepared, delivery);
    const repeated = isRepeated ? count : Math.min(count, this.#uncertainOf(source));
    shared.counters.add('possiblyRepeated', Math.max(repeated, source.settle(peeked, count)));
    shared.counters.add(account.delivered, delivered);
    shared.counters.add(account.refused, refused);
    const uncertain = Math.max(isUncertain ? prepared.count : 0, this.#uncertainOf(source));
    this.#uncertain = { source, lines: Math.max(0, uncertain - count) };
    if (delivery.type === 'failed') await this.#failed(delivery.reason);
    else this.#answered();
  }

  /** `isRepeated`: an attempt of unknown outcome was followed by another; `isUncertain`: there was one at all. */
  async #deliver<Payload>(
    sink: Sink<Payload>,
    { outgoing }: Prepared<Payload>,
  ): Promise<{ readonly delivery: Delivery; readonly isRepeated: boolean; readonly isUncertain: boolean }> {
    if (outgoing.length === 0)
      return { delivery: { type: 'taken', rejected: [] }, isRepeated: false, isUncertain: false };
    const waits = new Set<boolean>();
    const delivery = await deliver(sink, outgoing, {
      timeoutMs: patienceMs,
      signal: this.#parts.closing,
      onWait: ({ reason, uncertain }) => {
        waits.add(uncertain);
        this.#isAway(reason);
      },
    });
    const isRepeated = waits.has(true);
    return {
      delivery,
      isRepeated,
      isUncertain: isRepeated || (delivery.type === 'failed' && delivery.uncertain),
    };
  }

  #uncertainOf(source: Source): number {
    return this.#uncertain?.source === source ? this.#uncertain.lines : 0;
  }

  /** The sink, opened when first needed. Undefined where it cannot be opened now; it has waited then. */
  async #opened(): Promise<OpenedSink | undefined> {
    try {
      return (this.#sink ??= await openSink(this.#parts.destination));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      await this.#failed(message.split('\n')[0] ?? reasonOf(error));
      return undefined;
    }
  }

  #answered(): void {
    this.#failures = 0;
    Atomics.store(this.#parts.shared.cells, cell.away, 0);
    ring(this.#parts.shared.cells, cell.progress);
  }

  #isAway(reason: string): void {
    const { shared, tell } = this.#parts;
    shared.counters.add('retries', 1);
    Atomics.store(shared.cells, cell.away, 1);
    ring(shared.cells, cell.progress);
    tell('away', `${reason}; it is tried again until it answers`);
  }

  async #failed(reason: string): Promise<void> {
    if (this.#parts.closing.aborted) return;
    this.#isAway(reason);
    const ms = Math.min(longestPauseMs, 100 * 2 ** this.#failures) * (0.75 + Math.random() / 2);
    this.#failures = Math.min(10, this.#failures + 1);
    await sleep(ms, undefined, { signal: this.#parts.closing }).catch(() => undefined);
  }

  #tellRefusals({ refused }: Prepared<unknown>, { rejected }: Delivery): void {
    const first =
      refused[0]?.reason ?? (rejected[0] && `${rejected[0].field ?? ''} ${rejected[0].reason}`.trim());
    if (first === undefined) return;
    const count = refused.length + rejected.length;
    this.#parts.tell('refused', `${count === 1 ? 'an event was' : `${count} events were`} refused: ${first}`);
  }
}
