import type { AnnouncedMember, DeadLetter, GroupMember } from './assembler-log.js';
import type { LogBounds, LogReader } from './event-log.js';
import type { Offset, RecordBatch } from './records.js';

/** A partition of the span log, held by one exporter of the group at a time. */
export interface SpanPartition {
  readonly partition: number;
  /** Aborts when the partition is revoked or the member leaves. */
  readonly signal: AbortSignal;
  /** Where the group stands; undefined on the first run: begin at `bounds.start`. */
  readonly committedOffset: Offset | undefined;
  readonly bounds: LogBounds;
  /** Committed spans messages from `from` on (nothing of an aborted transaction), waiting at the end for more. */
  read(from: Offset): AsyncIterable<RecordBatch>;
  /**
   * Writes the dead letters durably, then moves the group's position. Call it after the backend's acknowledgement.
   * A crash in between repeats a batch: at least once.
   *
   * @throws Error where the position could not be written; reading on and acknowledging later is safe.
   */
  acknowledge(progress: {
    readonly nextOffset: Offset;
    readonly deadLetters: readonly DeadLetter[];
  }): Promise<void>;
}

/** Called once for each assigned partition; the partition is handed on only when the promise settles. */
export type SpanPartitionHolder = (partition: SpanPartition) => Promise<void>;

/** The exporters' side of the log. */
export interface SpanLog extends LogReader {
  /** Joins the exporters' group and calls `hold` for each partition it is assigned, concurrently. */
  join(hold: SpanPartitionHolder): Promise<GroupMember>;
  /** Who is in the exporters' group now, in the order of their ids; joins nothing. See `AssemblerLog.members`. */
  members(): Promise<readonly AnnouncedMember[]>;
}
