import type { Attribute, HookContext, Micros, Millis, SpanEvent, SpanId } from '@kaizen-trace/contracts';

/** An operation whose POST has not come: everything that its span or spans will need of the PRE. */
export interface OperationEntry {
  readonly traceId: string;
  /** Of the PRE's record: unique in the partition, and the order of opening. */
  readonly offset: bigint;
  readonly appendTime: Millis;
  /** Place of the PRE's settings in the partition's table. */
  readonly settings: number;
  readonly spanId: SpanId;
  readonly parentSpanId: SpanId | undefined;
  /** Hash of the PRE's event id, by which a repeat is recognised. */
  readonly eventHash: string;
  readonly kind: string;
  readonly name: string | undefined;
  readonly toolName: string | undefined;
  readonly agentId: string;
  readonly callId: string | undefined;
  readonly serviceName: string | undefined;
  readonly start: Micros;
  /** The PRE's own fields as attributes, cut and limited: first those of `data`, then those of `metadata`. */
  readonly fields: readonly Attribute[];
  /** How many of `fields` come from `data`. */
  readonly dataFields: number;
  /** Fields of the PRE that were left out and counted. */
  readonly droppedFields: number;
  /** Its parent closed while it was open, so it takes no more children by inference. */
  readonly parentClosed: boolean;
  /** Point events taken so far; layout `operations` only. */
  readonly spanEvents: readonly SpanEvent[];
  /** When it is given up, by stream time; 0 where it was saved without, by an older release. */
  readonly due: Millis;
}

/** A POST that waits for its PRE. */
export interface HeldEntry {
  readonly traceId: string;
  /** Of the POST's record. */
  readonly offset: bigint;
  readonly appendTime: Millis;
  readonly settings: number;
  /** By the POST's own event id. */
  readonly spanId: SpanId;
  /** By the rules at the POST's place in the log, should it stay an orphan. */
  readonly parentSpanId: SpanId | undefined;
  readonly event: HookContext;
  /** When it becomes an orphan, by stream time; 0 as in {@link OperationEntry}. */
  readonly due: Millis;
}

/** A trace's first operation without a parent. */
export interface TraceRoot {
  readonly spanId: SpanId;
  readonly agentId: string;
  readonly closed: boolean;
}

/** What is remembered of a trace besides its open operations and held POSTs. */
export interface TraceEntry {
  readonly traceId: string;
  /** Settings of its last record, whose grace decides when it is forgotten. */
  readonly settings: number;
  readonly root: TraceRoot | undefined;
  /** The greatest timestamp of its events. */
  readonly greatestTimestamp: Micros;
  /** Append time of its last record. */
  readonly lastAppendTime: Millis;
  readonly lastOffset: bigint;
  /** The first 52 bits of the hashes of its last event ids, oldest first. */
  readonly eventFingerprints: readonly number[];
  /** The same of its last call_ids. */
  readonly callFingerprints: readonly number[];
  /** When it is forgotten, by stream time; undefined while something is open or held; 0 as in {@link OperationEntry}. */
  readonly due: Millis | undefined;
}

/** A live entry as it was saved. */
export interface SavedEntry {
  readonly change: StateChange;
  /** Size of what was saved, as a measure of the memory that it takes. */
  readonly bytes: number;
}

/**
 * Where the state of traces is that are not in memory: everything that was saved, of traces in memory too. Its answers
 * may be older than what is in memory, never than what was in memory when a trace was put aside.
 */
export interface SavedTraces {
  /** The entries of a trace, in any order; none where it has none. */
  load(traceId: string): readonly SavedEntry[];
  /**
   * The traces with an entry that falls due after `after` and not after `through`, earliest first: about `atMost`, and
   * where it stops before `through`, all of those due at one time.
   */
  due(range: { readonly after: Millis; readonly through: Millis; readonly atMost: number }): {
    readonly traceIds: readonly string[];
    /** All up to here are among them. */
    readonly through: Millis;
  };
  /** A time after `after` before which nothing falls due; undefined where nothing will. */
  nextDue(after: Millis): Millis | undefined;
  /** Everything, the entries of one trace together. */
  all(): Iterable<StateChange>;
}

/**
 * A change of one entry of the state; an undefined value removes it. Only the last change of a key counts. The value is
 * live: encode it at the end of a unit, before folding the records of the next one.
 */
export type StateChange =
  | { readonly type: 'trace'; readonly traceId: string; readonly value: TraceEntry | undefined }
  | {
      readonly type: 'operation';
      readonly traceId: string;
      readonly offset: bigint;
      readonly value: OperationEntry | undefined;
    }
  | {
      readonly type: 'held';
      readonly traceId: string;
      readonly offset: bigint;
      readonly value: HeldEntry | undefined;
    };
