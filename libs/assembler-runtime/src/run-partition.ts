import type { PartitionState } from '@kaizen-trace/assembler-core';
import { memoryOf, nextDeadline, putTracesAside } from '@kaizen-trace/assembler-core';
import type {
  CommitOutcome,
  LogRecord,
  Offset,
  OwnedPartition,
  RecordBatch,
  StateStore,
} from '@kaizen-trace/ports';
import { asError, offset } from '@kaizen-trace/ports';
import type { AssemblerContext, CommitPolicy } from './context.js';
import { expireFor, foldIntake, takeIn } from './intake.js';
import { createLatch } from './latch.js';
import type { PartitionRecorder } from './recorder.js';
import { encodePartitionRecord, partitionRecordOf } from './state-codec.js';
import { createTicker } from './ticker.js';
import type { OpenUnit } from './unit.js';
import { openUnit } from './unit.js';

/** How one ownership ended. After `retry` the in-memory state is worthless: acquire and restore again. */
export type RunEnd =
  | { readonly type: 'released' }
  | { readonly type: 'retry'; readonly cause: Error }
  | { readonly type: 'fenced'; readonly cause: Error };

interface Start {
  readonly owned: OwnedPartition;
  readonly state: PartitionState;
  readonly store: StateStore;
  readonly position: Offset;
  readonly recorder: PartitionRecorder;
}

/** Deadlines that fire at a time, where many pass with one record. */
const expiredAtOnce = 2_000;

/** Between two looks at what may leave memory. */
const asidePauseMs = 200;

/**
 * Folds one owned partition until its input ends (the lease was given up) or a commit fails. At most one commit is under
 * way; meanwhile the next unit fills, up to the policy's bounds. The order of effects stays that of the log, and a failed
 * commit throws away both units with the state.
 */
class PartitionRun {
  readonly #context: AssemblerContext;
  readonly #start: Start;
  readonly #latch;
  readonly #ticker = createTicker();
  readonly #source: { readonly topic: string; readonly partition: number };
  #unit: OpenUnit;
  #committing = false;
  #end: RunEnd | undefined;
  #asideAt = 0;
  #committed = offset(0n);

  constructor(context: AssemblerContext, start: Start) {
    this.#context = context;
    this.#start = start;
    this.#latch = createLatch(context.clock);
    this.#source = { topic: context.owner.topic, partition: start.owned.partition };
    this.#unit = openUnit(start.position, context.clock.now());
  }

  async run(): Promise<RunEnd> {
    const input = this.#start.owned.read(this.#start.position)[Symbol.asyncIterator]();
    let arrived: IteratorResult<RecordBatch, unknown> | undefined;
    let failure: Error | undefined;
    const fetch = (): void => {
      arrived = undefined;
      input.next().then(
        (result) => {
          arrived = result;
          this.#latch.ring();
        },
        (error: unknown) => {
          failure = asError(error);
          this.#latch.ring();
        },
      );
    };
    fetch();
    while (this.#end === undefined) {
      if (failure !== undefined) throw failure;
      this.#putAsideWhereDue();
      this.#commitWhereDue(arrived !== undefined);
      if (arrived?.done === true) return this.#drain();
      if (arrived !== undefined && !this.#isFull()) {
        const { value } = arrived;
        fetch();
        await this.#fold(value);
      } else {
        await this.#tickWhereDue();
        await this.#latch.wait(this.#pause());
      }
    }
    return this.#end;
  }

  /** Folds a batch, giving way when the unit is full so that no batch grows a unit past its bounds by much. */
  async #fold(batch: RecordBatch): Promise<void> {
    const { recorder } = this.#start;
    for (const record of batch.records) {
      await this.#makeRoom();
      await this.#expire(record);
      if (this.#end !== undefined) return;
      const intake = takeIn(record, this.#source);
      const output = foldIntake(this.#start.state, record, { intake, partition: this.#source.partition });
      if (intake.type === 'dead-letter') {
        recorder.deadLetter(record.offset, intake.errorClass);
        this.#unit.add(record, output, intake.letter);
      } else {
        this.#unit.add(record, output);
      }
      if (intake.type === 'tick') this.#ticker.returned();
      else this.#ticker.progressed();
    }
    this.#unit.moveTo(batch.nextOffset);
    recorder.folded(this.#unit.nextOffset, this.#start.state);
  }

  /** Fires what a record's time lets pass, in parts that are committed one by one: there may be very much of it. */
  async #expire(record: LogRecord): Promise<void> {
    const part = { partition: this.#source.partition, atMost: expiredAtOnce };
    for (let done = false; !done && this.#end === undefined;) {
      const output = expireFor(this.#start.state, record, part);
      if (output === undefined) return;
      this.#unit.addExpired(output);
      done = output.done;
      await this.#makeRoom();
    }
  }

  async #makeRoom(): Promise<void> {
    while (this.#end === undefined) {
      this.#putAsideWhereDue();
      if (!this.#isFull() && !this.#isAheadOfStore()) return;
      this.#commitWhereDue(true);
      if (this.#isFull() || this.#isAheadOfStore()) await this.#latch.wait(asidePauseMs);
    }
  }

  /** Whether memory is far over the cache, and will not be once the store has caught up with what is committed. */
  #isAheadOfStore(): boolean {
    if (!this.#isOverCache(2)) return false;
    const { store } = this.#start;
    if (store.settled() >= this.#committed) return false;
    store.hurry();
    return true;
  }

  #isFull(): boolean {
    const { maxRecords, maxBytes } = this.#policy;
    const { recordCount, expiryCount, inputBytes } = this.#unit;
    return recordCount + expiryCount >= maxRecords || inputBytes >= maxBytes;
  }

  get #policy(): CommitPolicy {
    return this.#context.commit;
  }

  #hasWork(): boolean {
    return this.#unit.nextOffset > this.#unit.firstOffset || this.#unit.expiryCount > 0;
  }

  #commitWhereDue(isBehind: boolean): void {
    if (this.#committing || !this.#hasWork()) return;
    const { intervalMs, backlogIntervalMs } = this.#policy;
    const due = this.#unit.since + (isBehind ? backlogIntervalMs : intervalMs);
    if (this.#isFull() || this.#context.clock.now() >= due) void this.#commit();
  }

  /** Seals the unit and sends it; a new one takes its place at once. The outcome ends the run unless it is `committed`. */
  async #commit(): Promise<void> {
    const { owned, state, recorder } = this.#start;
    const { clock, owner, settings } = this.#context;
    const unit = this.#unit;
    const place = { ...owner, nextOffset: unit.nextOffset, settings };
    const record = encodePartitionRecord(partitionRecordOf(state, place));
    this.#unit = openUnit(unit.nextOffset, clock.now());
    this.#committing = true;
    const outcome = await owned
      .commit(unit.seal(record))
      .catch((cause: unknown): CommitOutcome => ({ type: 'retryable', cause: asError(cause) }));
    this.#committing = false;
    if (outcome.type === 'committed') {
      recorder.committed(unit, clock.now());
      this.#committed = unit.nextOffset;
    } else this.#end ??= { type: outcome.type === 'fenced' ? 'fenced' : 'retry', cause: outcome.cause };
    this.#latch.ring();
  }

  /** Lets go of what the store can give back. The store may catch up long after the last record has come. */
  #putAsideWhereDue(): void {
    const now = this.#context.clock.now();
    if (now < this.#asideAt) return;
    this.#asideAt = now + asidePauseMs;
    const { state, store } = this.#start;
    putTracesAside(state, { savedBefore: store.settled(), bytes: this.#context.cacheShare() });
  }

  #isOverCache(times = 1): boolean {
    return memoryOf(this.#start.state).bytes > times * this.#context.cacheShare();
  }

  /** Commits what is held, once the input has ended. */
  async #drain(): Promise<RunEnd> {
    this.#start.recorder.enter('draining');
    while (this.#end === undefined && (this.#committing || this.#hasWork())) {
      if (this.#committing) await this.#latch.wait();
      else await this.#commit();
    }
    return this.#end ?? { type: 'released' };
  }

  /** Milliseconds until something is due without new input; undefined: nothing is. */
  #pause(): number | undefined {
    const now = this.#context.clock.now();
    const due = [
      this.#hasWork() && !this.#committing ? this.#unit.since + this.#policy.intervalMs : undefined,
      this.#hasWork() ? undefined : this.#ticker.dueAt(nextDeadline(this.#start.state)),
      this.#isOverCache() ? Math.max(this.#asideAt, now + 1) : undefined,
    ].filter((at) => at !== undefined);
    return due.length === 0 ? undefined : Math.max(0, Math.min(...due) - now);
  }

  async #tickWhereDue(): Promise<void> {
    if (this.#hasWork() || this.#committing) return;
    const now = this.#context.clock.now();
    const due = this.#ticker.dueAt(nextDeadline(this.#start.state));
    if (due === undefined || due > now) return;
    this.#ticker.appended(now);
    // A tick that could not be appended is tried again later; nothing is lost but time.
    await this.#start.owned.appendTick().then(
      () => this.#start.recorder.ticked(),
      () => undefined,
    );
  }
}

/**
 * Runs one owned partition to its end.
 *
 * @throws OffsetOutOfRangeError where the log has lost records that were not read yet.
 */
export const runOwned = (context: AssemblerContext, start: Start): Promise<RunEnd> =>
  new PartitionRun(context, start).run();
