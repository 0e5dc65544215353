import { setTimeout as pause } from 'node:timers/promises';
import { unreachable } from '@kaizen-trace/contracts';
import { asError, type AppendOutcome, type EventLog, type NewRecord } from '@kaizen-trace/ports';

/** What became of records that were taken in; told for metrics and the log. */
export interface HookQueueReport {
  appended(records: number): void;
  /** There was no room, or no time was left at shutdown. */
  dropped(records: number): void;
  /** The log takes no such record, ever. */
  refused(reason: string): void;
  unavailable(cause: Error): void;
}

export interface HookQueueOptions {
  readonly events: Pick<EventLog, 'append'>;
  /** The most bytes that wait; when there are more, the oldest go. */
  readonly maxBytes: number;
  readonly report: HookQueueReport;
}

/** Records on their way to the log, in the order in which they came. */
export interface HookQueue {
  /** Takes records in, at once. Never throws, never waits. */
  add(records: readonly NewRecord[]): void;
  readonly waiting: () => { readonly records: number; readonly bytes: number };
  /** Appends what waits, for at most `timeoutMs`; what is left then is dropped and counted. Idempotent. */
  close(timeoutMs: number): Promise<void>;
}

/** What a record takes beside its bytes. */
const recordOverhead = 128;

const batchLimits = { records: 500, bytes: 1024 * 1024 } as const;

const backoffMs = { first: 50, longest: 5_000 } as const;

const sizeOf = ({ key, value }: NewRecord): number => recordOverhead + key.length + value.length;

const appendSafely = async (
  events: HookQueueOptions['events'],
  batch: readonly NewRecord[],
): Promise<AppendOutcome> => {
  try {
    return await events.append(batch);
  } catch (error) {
    return { type: 'unavailable', cause: asError(error) };
  }
};

/** See {@link openHookQueue}. */
class WaitingRecords implements HookQueue {
  readonly #options: HookQueueOptions;
  readonly #closing = new AbortController();
  #waiting: NewRecord[] = [];
  #bytes = 0;
  /** Of the waiting ones, the first so many are being appended: they cannot be dropped any more. */
  #underWay = 0;
  #isRunning = false;
  #work: Promise<void> | undefined;

  constructor(options: HookQueueOptions) {
    this.#options = options;
  }

  waiting = (): { records: number; bytes: number } => ({
    records: this.#waiting.length,
    bytes: this.#bytes,
  });

  add(records: readonly NewRecord[]): void {
    if (this.#closing.signal.aborted) {
      this.#options.report.dropped(records.length);
      return;
    }
    for (const record of records) {
      this.#waiting.push(record);
      this.#bytes += sizeOf(record);
    }
    this.#makeRoom();
    if (!this.#isRunning) this.#work = this.#run();
  }

  async close(timeoutMs: number): Promise<void> {
    const timer = setTimeout(() => this.#closing.abort(), timeoutMs);
    try {
      await Promise.race([this.#work, this.#aborted()]);
    } finally {
      clearTimeout(timer);
      this.#closing.abort();
      this.#drop(0, this.#waiting.length);
    }
  }

  #aborted(): Promise<void> {
    const { signal } = this.#closing;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }

  #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  #makeRoom(): void {
    let bytes = this.#bytes;
    let count = 0;
    for (; bytes > this.#options.maxBytes; count += 1) {
      const oldest = this.#waiting[this.#underWay + count];
      if (oldest === undefined) break;
      bytes -= sizeOf(oldest);
    }
    this.#drop(this.#underWay, count);
  }

  #drop(from: number, count: number): void {
    if (count === 0) return;
    this.#remove(from, count);
    this.#options.report.dropped(count);
  }

  #remove(from: number, count: number): void {
    for (const record of this.#waiting.splice(from, count)) this.#bytes -= sizeOf(record);
  }

  /** The oldest records that one append takes. */
  #batch(): readonly NewRecord[] {
    let bytes = 0;
    let count = 0;
    for (const record of this.#waiting) {
      bytes += sizeOf(record);
      if (count > 0 && (count === batchLimits.records || bytes > batchLimits.bytes)) break;
      count += 1;
    }
    return this.#waiting.slice(0, count);
  }

  async #run(): Promise<void> {
    const { events, report } = this.#options;
    let wait: number = backoffMs.first;
    this.#isRunning = true;
    while (this.#waiting.length > 0 && !this.#isClosed()) {
      const batch = this.#batch();
      this.#underWay = batch.length;
      const outcome = await appendSafely(events, batch);
      this.#underWay = 0;
      // What was dropped at the deadline is counted already, even if it arrived after all.
      if (this.#isClosed()) break;
      switch (outcome.type) {
        case 'appended':
          this.#remove(0, batch.length);
          report.appended(batch.length);
          wait = backoffMs.first;
          break;
        case 'refused':
          this.#remove(Math.min(outcome.index, batch.length - 1), 1);
          report.refused(outcome.reason);
          break;
        case 'unavailable':
          report.unavailable(outcome.cause);
          this.#makeRoom();
          await pause(wait, undefined, { signal: this.#closing.signal }).catch(() => undefined);
          wait = Math.min(wait * 2, backoffMs.longest);
          break;
        default:
          unreachable(outcome);
      }
    }
    this.#isRunning = false;
  }
}

/**
 * A queue between hooks, which must be answered at once, and a log that may be slow or away. It appends in the background,
 * tries again with growing pauses (50 ms to 5 s), and drops the oldest where there is no more room.
 */
export const openHookQueue = (options: HookQueueOptions): HookQueue => new WaitingRecords(options);
