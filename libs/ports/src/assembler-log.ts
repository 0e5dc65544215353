import type { Millis } from '@kaizen-trace/contracts';
import type { LogBounds } from './event-log.js';
import type { Offset, RecordBatch, RecordHeaders } from './records.js';
import type { RestoreProgress, StateEntry, StateStore } from './state-store.js';

/** A record that could not be taken: its original key, bytes and headers, and headers that say why and from where. */
export interface DeadLetter {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: RecordHeaders;
}

/** Everything that one stretch of input led to. It becomes visible together or not at all. */
export interface UnitOfWork {
  /** Encoded OTLP `ExportTraceServiceRequest`s, each one message of the span log, in order. */
  readonly spans: readonly Uint8Array[];
  /**
   * When the log took the oldest record of this stretch. Each message of the span log says so in a header, so that its
   * exporter can measure how long an event takes; the spans' bytes know nothing of it.
   */
  readonly appendedAt?: Millis | undefined;
  /** At most one entry a key; always with the partition's own record. */
  readonly state: readonly StateEntry[];
  readonly deadLetters: readonly DeadLetter[];
  readonly nextOffset: Offset;
}

/** What came of a commit. Only `committed` means that all of it is visible. */
export type CommitOutcome =
  | { readonly type: 'committed' }
  /** Failed or unanswered: whether it happened is unknown. Drop what is in memory, close, and acquire again. */
  | { readonly type: 'retryable'; readonly cause: Error }
  /** Another member owns the partition. Drop it, and acquire nothing until it is assigned anew. */
  | { readonly type: 'fenced'; readonly cause: Error };

/**
 * A partition with every former owner fenced. What `restore` and `committedOffset` say was read after the fencing, so
 * nobody else can change it any more.
 */
export interface OwnedPartition {
  readonly partition: number;
  /** The group's copy of the position, for lag tools; undefined where the group has none or it was forgotten. */
  readonly committedOffset: Offset | undefined;
  /** The input's bounds at the time of acquiring. */
  readonly bounds: LogBounds;
  /**
   * The state as the last commit left it; afterwards every commit goes into it. Once, before the first commit. Streams
   * what is not on this machine yet, so memory does not grow with the state.
   *
   * @throws Error where it cannot be read, or the partition was closed meanwhile.
   */
  restore(progress?: RestoreProgress): Promise<StateStore>;
  /**
   * Input records from `from` on, at the reader's pace; waits at the end of the log for more. Ends when the lease is
   * given up or the partition closed.
   *
   * @throws OffsetOutOfRangeError where `from` lies below the log's start: records would be skipped unseen.
   */
  read(from: Offset): AsyncIterable<RecordBatch>;
  /** Commits all of `unit` or none of it. Offsets have no other way in. */
  commit(unit: UnitOfWork): Promise<CommitOutcome>;
  /** Appends a tick to the input, so that time passes on an idle partition. Not part of any transaction. */
  appendTick(): Promise<void>;
  /** Releases what acquiring took. Idempotent. */
  close(): Promise<void>;
}

/** What came of acquiring a partition. */
export type AcquireOutcome =
  | { readonly type: 'acquired'; readonly owned: OwnedPartition }
  | { readonly type: 'retryable'; readonly cause: Error }
  | { readonly type: 'fenced'; readonly cause: Error };

/** A partition that the group has assigned to this member, until `signal` aborts. */
export interface PartitionLease {
  readonly partition: number;
  /** Aborts when the partition is revoked or the member leaves; the holder commits what it may, and returns. */
  readonly signal: AbortSignal;
  /** Fences the former owner, then reads the position. May be called again after `retryable` or a failed commit. */
  acquire(): Promise<AcquireOutcome>;
}

/** Called once for each assigned partition; the partition is handed on only when the promise settles. */
export type LeaseHolder = (lease: PartitionLease) => Promise<void>;

/** This process's place in a group. */
export interface GroupMember {
  /** What the group calls it; another after each time that membership was lost. */
  readonly memberId: string;
  /** Partitions held now. */
  assigned(): readonly number[];
  /** How often the group has shared its partitions anew since this member joined, as far as it took part in it. */
  rebalances(): number;
  /** Settles when the member has left; rejects where membership was lost for good or a holder threw. */
  readonly done: Promise<void>;
  /** Revokes every lease, waits for the holders, leaves the group. Idempotent. */
  leave(): Promise<void>;
}

/** A member of the group as the others see it. */
export interface AnnouncedMember {
  readonly memberId: string;
  /** What it joined with; undefined where it announced nothing, or while the group is sharing anew. */
  readonly announcement: string | undefined;
  /** What the group has assigned to it; empty while the group is sharing anew. */
  readonly partitions: readonly number[];
}

/** The assemblers' side of the log: input partitions shared in a consumer group, one atomic commit per partition. */
export interface AssemblerLog {
  /** Joins the group and calls `hold` for each partition it is assigned, concurrently. */
  join(hold: LeaseHolder): Promise<GroupMember>;
  /**
   * Who is in the group now, in the order of their ids; joins nothing. A member that has just died is shown until its
   * session ends.
   */
  members(): Promise<readonly AnnouncedMember[]>;
  partitionCount(): Promise<number>;
}
