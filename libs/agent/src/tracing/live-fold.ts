import type { AssemblySettings, Counts, PartitionState, StateChange } from '@kaizen-trace/assembler-core';
import {
  countsOf,
  createPartition,
  endAll,
  endEarly,
  expireBefore,
  foldRecord,
  nextDeadline,
  partitionSize,
  snapshotEntries,
} from '@kaizen-trace/assembler-core';
import type { HookContext, SpanRecord } from '@kaizen-trace/contracts';
import { millis } from '@kaizen-trace/contracts';
import { sha256Hex } from '@kaizen-trace/otlp';

/** What a fold of this process is bounded by, and works with. */
export interface LiveFoldOptions {
  readonly settings: AssemblySettings;
  /** Open operations and held POSTs of all traces together. */
  readonly maxOpenOperations: number;
  /** Traces that are remembered after their end. */
  readonly maxRememberedTraces: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly take: (span: SpanRecord) => void;
  /** How many spans find a place now. */
  readonly room: () => number;
}

/** Deadlines that fire in one turn of the event loop. */
const firedAtOnce = 256;
/** How long deadlines wait for room in the queue before they are looked at again. */
const waitForRoomMs = 50;
const longestTimerMs = 86_400_000;

/** Entries in the order in which they make room, and how far that has come. */
interface Candidates {
  entries: readonly StateChange[];
  next: number;
}

const orderOf = (change: StateChange): bigint =>
  change.type === 'trace' ? (change.value?.lastOffset ?? 0n) : change.offset;

/**
 * The assembler's fold over the events of this process: one partition, whose records arrive now. A timer that does not hold
 * the process stands for the ticks of an idle partition. Bounded over all traces: what is too many ends early.
 */
export class LiveFold {
  readonly #options: LiveFoldOptions;
  readonly #state: PartitionState;
  readonly #active: Candidates = { entries: [], next: 0 };
  readonly #idle: Candidates = { entries: [], next: 0 };
  #records = 0;
  #timer: NodeJS.Timeout | undefined;
  #timerDue = Number.POSITIVE_INFINITY;

  constructor(options: LiveFoldOptions) {
    this.#options = options;
    this.#state = createPartition(options.settings, sha256Hex);
  }

  get counts(): Counts {
    return countsOf(this.#state);
  }

  /** Folds one event, and hands on the spans that it led to. */
  fold(event: HookContext): void {
    const { take, now } = this.#options;
    const record = { offset: BigInt(this.#records), appendTime: millis(now()), event };
    this.#records += 1;
    const { spans } = foldRecord(this.#state, record);
    for (const span of spans) take(span);
    this.#makeRoom();
    this.#arm();
  }

  /** Everything that is open or held, ended one by one with a reason. The timer stops. */
  *end(message: string): Generator<readonly SpanRecord[]> {
    clearTimeout(this.#timer);
    this.#timerDue = Number.NEGATIVE_INFINITY;
    for (const { spans } of endAll(this.#state, message)) yield spans;
  }

  #makeRoom(): void {
    const { maxOpenOperations, maxRememberedTraces } = this.#options;
    const { open, held, traces } = partitionSize(this.#state);
    for (let excess = open + held - maxOpenOperations; excess > 0; excess -= 1)
      this.#endNext(this.#active, ({ type }) => type !== 'trace');
    for (let excess = traces - open - held - maxRememberedTraces; excess > 0; excess -= 1)
      this.#endNext(this.#idle, ({ type, value }) => type === 'trace' && value?.due !== undefined);
  }

  /** Ends the oldest that has not ended. All are looked through only when those found the last time are used up. */
  #endNext(candidates: Candidates, isOne: (change: StateChange) => boolean): void {
    const before = this.#size();
    for (let isFresh = false; ;) {
      const entry = candidates.entries[candidates.next];
      if (entry === undefined) {
        if (isFresh) return;
        candidates.entries = this.#sorted(isOne);
        candidates.next = 0;
        isFresh = true;
        continue;
      }
      candidates.next += 1;
      for (const span of endEarly(this.#state, entry).spans) this.#options.take(span);
      if (this.#size() < before) return;
    }
  }

  #size(): number {
    const { open, held, traces } = partitionSize(this.#state);
    return open + held + traces;
  }

  #sorted(isOne: (change: StateChange) => boolean): readonly StateChange[] {
    return [...snapshotEntries(this.#state)].filter(isOne).sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
  }

  #arm(): void {
    const due = nextDeadline(this.#state);
    if (due === undefined || due >= this.#timerDue) return;
    this.#wakeIn(Math.max(1, due - this.#options.now()), due);
  }

  #wakeIn(ms: number, due: number): void {
    clearTimeout(this.#timer);
    this.#timerDue = due;
    this.#timer = setTimeout(() => this.#fireSafely(), Math.min(ms, longestTimerMs));
    this.#timer.unref();
  }

  /** Nobody is there to catch what is thrown: it would end the agent. */
  #fireSafely(): void {
    try {
      this.#fireDue();
    } catch {
      this.#timerDue = Number.NEGATIVE_INFINITY;
      this.#timer = setTimeout(() => this.#fireSafely(), waitForRoomMs).unref();
    }
  }

  #fireDue(): void {
    const { room, now, take } = this.#options;
    const atMost = Math.min(firedAtOnce, room());
    this.#timerDue = Number.POSITIVE_INFINITY;
    if (atMost <= 0) {
      this.#wakeIn(waitForRoomMs, Number.NEGATIVE_INFINITY);
      return;
    }
    const tick = { offset: BigInt(this.#records), appendTime: millis(now()) };
    const { spans, done } = expireBefore(this.#state, tick, atMost);
    for (const span of spans) take(span);
    if (done) this.#arm();
    else this.#wakeIn(1, Number.NEGATIVE_INFINITY);
  }
}
