import type { CommitOutcome, DeadLetter } from './assembler-log.js';
import type { LogBounds, LogReader } from './event-log.js';

/** One step of bringing dead letters back. It becomes visible together or not at all. */
export interface RedriveUnit {
  /** Appended to the log of events as they are, each to its partition. Key and value may be null. */
  readonly events: readonly { readonly partition: number; readonly record: DeadLetter }[];
  /** Appended to the redriver's partition of the dead letters. */
  readonly marks: readonly DeadLetter[];
}

/**
 * The one who may bring letters of a partition back, every former one fenced: what is read now of the partition's marks
 * nobody else can add to.
 */
export interface Redriver {
  readonly partition: number;
  /** The bounds of the dead letters' partition, read after the fencing. */
  readonly bounds: LogBounds;
  /** Commits all of `unit` or none of it. After anything but `committed`, close. */
  commit(unit: RedriveUnit): Promise<CommitOutcome>;
  /** Releases what opening took. Idempotent. */
  close(): Promise<void>;
}

/** The dead letters of every stage, oldest first in each partition, and the way back. */
export interface DeadLetterLog extends LogReader {
  /**
   * Fences every former redriver of the partition, then reads its bounds.
   *
   * @throws Error where the log cannot be reached; nothing has happened then.
   */
  openRedriver(partition: number): Promise<Redriver>;
}
