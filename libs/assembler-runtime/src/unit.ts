import type { Millis } from '@kaizen-trace/contracts';
import type { FoldOutput } from '@kaizen-trace/assembler-core';
import type { SpanBatcher } from '@kaizen-trace/otlp';
import { createSpanBatcher } from '@kaizen-trace/otlp';
import type { DeadLetter, LogRecord, Offset, StateEntry, UnitOfWork } from '@kaizen-trace/ports';
import { partitionRecordKey } from './partition-record.js';
import type { PendingChanges } from './pending-changes.js';
import { createPendingChanges } from './pending-changes.js';

/** What has been folded since the last commit began. */
export interface UnitBuilder {
  readonly firstOffset: Offset;
  readonly nextOffset: Offset;
  readonly recordCount: number;
  readonly spanCount: number;
  readonly deadLetterCount: number;
  /** Of the input, as a measure of the unit's size. */
  readonly inputBytes: number;
  /** Changes that passed deadlines made, beside the records. */
  readonly expiryCount: number;
  /** Wall-clock time, in milliseconds, at which the unit began. */
  readonly since: number;
}

/** A unit that still takes records. */
export interface OpenUnit extends UnitBuilder {
  add(record: LogRecord, output: FoldOutput, letter?: DeadLetter): void;
  /** What passed deadlines led to before the next record; the position stays before it. */
  addExpired(output: FoldOutput): void;
  /** The position moved without a record, over a transaction marker. */
  moveTo(nextOffset: Offset): void;
  /** Ends the unit: its spans encoded, its changes coalesced, the partition's own record last. */
  seal(partitionRecord: Uint8Array): UnitOfWork;
}

/** One message of the span log: many spans, well below the topic's limit of 4 MiB. */
const messageBytes = 512 * 1024;

class Unit implements OpenUnit {
  recordCount = 0;
  spanCount = 0;
  inputBytes = 0;
  expiryCount = 0;
  nextOffset: Offset;
  #appendedAt: Millis | undefined;
  readonly #spans: SpanBatcher = createSpanBatcher({ maxBytes: messageBytes });
  readonly #changes: PendingChanges;
  readonly #deadLetters: DeadLetter[] = [];

  constructor(
    readonly firstOffset: Offset,
    readonly since: number,
  ) {
    this.nextOffset = firstOffset;
    this.#changes = createPendingChanges(firstOffset);
  }

  get deadLetterCount(): number {
    return this.#deadLetters.length;
  }

  add(record: LogRecord, output: FoldOutput, letter?: DeadLetter): void {
    this.recordCount += 1;
    this.#appendedAt ??= record.appendTime;
    this.inputBytes += (record.key?.length ?? 0) + (record.value?.length ?? 0);
    this.#take(output);
    if (letter !== undefined) this.#deadLetters.push(letter);
    this.nextOffset = (record.offset + 1n) as Offset;
  }

  addExpired(output: FoldOutput): void {
    this.expiryCount += output.changes.length;
    this.#take(output);
  }

  #take({ spans, changes }: FoldOutput): void {
    for (const span of spans) this.#spans.add(span);
    this.spanCount += spans.length;
    this.#changes.add(changes);
  }

  moveTo(nextOffset: Offset): void {
    if (nextOffset > this.nextOffset) this.nextOffset = nextOffset;
  }

  seal(partitionRecord: Uint8Array): UnitOfWork {
    const own: StateEntry = { key: partitionRecordKey, value: partitionRecord };
    return {
      spans: this.#spans.take(),
      appendedAt: this.#appendedAt,
      state: [...this.#changes.entries(), own],
      deadLetters: this.#deadLetters,
      nextOffset: this.nextOffset,
    };
  }
}

/** An empty unit that begins at `firstOffset`; `since` is wall-clock milliseconds. */
export const openUnit = (firstOffset: Offset, since: number): OpenUnit => new Unit(firstOffset, since);
