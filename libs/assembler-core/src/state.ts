import type { Micros, Millis, OtelTraceId, SpanEvent, SpanId } from '@kaizen-trace/contracts';
import type { MutableCounts } from './counts.js';
import type { HeldEntry, OperationEntry, SavedTraces, TraceEntry, TraceRoot } from './entries.js';
import type { Sha256Hex } from './identity.js';
import type { NewestList, Place } from './newest-list.js';
import type { CompiledSettings } from './settings.js';
import type { Timer, Timers } from './timers.js';

declare const opaque: unique symbol;

/** The state of one partition. Owned by the caller, changed in place by `foldRecord`; opaque outside of the core. */
export interface PartitionState {
  readonly [opaque]?: 'PartitionState';
}

/** What a timer is about. */
export type TimerSubject =
  | { readonly type: 'operation'; readonly operation: OpenOperation }
  | { readonly type: 'held'; readonly held: HeldPost }
  | { readonly type: 'trace'; readonly trace: Trace };

/** An open operation in memory: its entry, and its place among the others. */
export interface OpenOperation extends OperationEntry {
  readonly trace: Trace;
  /** About how many bytes of memory it takes. */
  weight: number;
  readonly compiled: CompiledSettings;
  /** Whether its settings trace the POST that would close it. */
  readonly closable: boolean;
  readonly spanEvents: SpanEvent[];
  parentClosed: boolean;
  spanEventUnits: number;
  timer: Timer<TimerSubject> | undefined;
  older: OpenOperation | undefined;
  newer: OpenOperation | undefined;
}

/** A held POST in memory. */
export interface HeldPost extends HeldEntry {
  readonly trace: Trace;
  /** About how many bytes of memory it takes. */
  readonly weight: number;
  readonly compiled: CompiledSettings;
  readonly kind: string;
  readonly name: string | undefined;
  timer: Timer<TimerSubject> | undefined;
}

/** A remembered trace in memory. */
export interface Trace extends TraceEntry {
  readonly otelId: OtelTraceId;
  settings: number;
  root: TraceRoot | undefined;
  greatestTimestamp: Micros;
  lastAppendTime: Millis;
  lastOffset: bigint;
  readonly eventFingerprints: number[];
  /** {@link noFingerprints} until the first: many traces have none. */
  callFingerprints: readonly number[];
  readonly open: OpenOperations;
  readonly held: HeldPosts;
  /** Set while nothing is open or held. */
  timer: Timer<TimerSubject> | undefined;
  due: Millis | undefined;
  /** About how many bytes of memory it takes, without what is open or held. */
  weight: number;
  /** An older release saved it without its deadlines, so it would not be found by them: it stays in memory. */
  staysInMemory: boolean;
  /** The record at which it last changed: until the state has been saved past it, the trace stays in memory. */
  changedAt: bigint;
}

/** What {@link PartitionState} is inside of the core. */
export interface Partition extends PartitionState {
  readonly sha256: Sha256Hex;
  /** Entries refer to it by place. */
  readonly settings: CompiledSettings[];
  /** What opens now opens with these. */
  readonly current: CompiledSettings;
  /** Those in memory. */
  readonly traces: Map<string, Trace>;
  /** All others; undefined where everything is in memory. */
  readonly saved: SavedTraces | undefined;
  /** Those forgotten that may still be found among the saved ones, by the record at which they were. */
  readonly forgotten: Map<string, bigint>;
  /** Every entry that fell due up to here was fired, or is in memory. */
  lookedThrough: Millis;
  /** No entry outside of memory falls due before; Infinity where none will. */
  savedDue: number;
  /** About how many bytes the traces in memory take. */
  weight: number;
  /** Traces that have not changed since then were last to be put aside. */
  asideBefore: bigint;
  readonly timers: Timers<TimerSubject>;
  readonly totals: MutableCounts;
  streamTime: Millis;
}

/**
 * The open operations of a trace in the order of their opening. A few are searched one by one, which is fastest and
 * smallest; from `indexFrom` on an index answers the same questions at a cost that does not depend on their number.
 */
export interface OpenOperations {
  readonly indexFrom: number;
  size: number;
  oldest: OpenOperation | undefined;
  newest: OpenOperation | undefined;
  index: OpenIndex | undefined;
}

export interface OperationPlaces {
  readonly pairing: readonly Place<OpenOperation>[];
  /** Emptied when the operation's parent closes. */
  containers: readonly Place<OpenOperation>[];
}

/** Answers every question about the open operations of a large trace in a few look-ups. */
export interface OpenIndex {
  readonly places: Map<OpenOperation, OperationPlaces>;
  /** By call_id, by key and by kind, the latter two also by agent. */
  readonly pairing: Map<string, NewestList<OpenOperation>>;
  readonly containers: NewestList<OpenOperation>;
  readonly containersOfAgent: Map<string, NewestList<OpenOperation>>;
  readonly bySpanId: Map<SpanId, OpenOperation>;
  readonly children: Map<SpanId, Set<OpenOperation>>;
  readonly eventHashes: Set<string>;
  /** How many operations have each call_id. */
  readonly callIds: Map<string, number>;
}

/** The held POSTs of a trace, oldest first, by kind and, where they have one, call_id. */
export interface HeldPosts {
  size: number;
  /** Undefined until the first is held: most traces never hold one. */
  eventHashes: Set<string> | undefined;
  groups: Map<string, Map<bigint, HeldPost>> | undefined;
}
