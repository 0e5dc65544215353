/**
 * What became of the records. The counts add up: {@link unaccountedEvents} is 0 after every record. Totals since the
 * partition began.
 */
export interface Counts {
  /** Every record: events, ticks and dead letters. */
  readonly records: number;
  readonly events: number;
  /** Events that the filter left out. */
  readonly filtered: number;
  /** Events whose id the trace remembered. */
  readonly duplicates: number;
  /** Operations that a PRE opened. */
  readonly opened: number;
  /** Operations that their POST closed: two source events each. */
  readonly paired: number;
  /** Operations given up, by the open TTL or for want of room: one source event each. */
  readonly abandoned: number;
  /** Those of `abandoned` that made room for another. */
  readonly crowdedOut: number;
  /** POSTs that had to wait for their PRE. */
  readonly held: number;
  /** Held POSTs whose PRE came in time; counted in `paired` too. */
  readonly heldTaken: number;
  /** Held POSTs whose PRE did not come. */
  readonly orphans: number;
  /** Point events that became spans. */
  readonly pointSpans: number;
  /** Point events that became span events of an open operation. */
  readonly spanEvents: number;
  /** Placeholders of operations that began; not part of what became of the events. */
  readonly progressSpans: number;
  readonly spans: number;
  /** PREs whose call_id another PRE of the trace had. */
  readonly reusedCallIds: number;
  /** Pairs whose POST was earlier than its PRE. */
  readonly clockSkews: number;
  /** Traces begun and traces forgotten. */
  readonly tracesBegun: number;
  readonly tracesForgotten: number;
}

/** Counts that their owner adds to. */
export type MutableCounts = { -readonly [Name in keyof Counts]: Counts[Name] };

/** All zero, and owned by the caller. */
export const zeroCounts = (): MutableCounts => ({
  records: 0,
  events: 0,
  filtered: 0,
  duplicates: 0,
  opened: 0,
  paired: 0,
  abandoned: 0,
  crowdedOut: 0,
  held: 0,
  heldTaken: 0,
  orphans: 0,
  pointSpans: 0,
  spanEvents: 0,
  progressSpans: 0,
  spans: 0,
  reusedCallIds: 0,
  clockSkews: 0,
  tracesBegun: 0,
  tracesForgotten: 0,
});

/** The names of all counts, in a fixed order. */
export const countNames = Object.keys(zeroCounts()) as readonly (keyof Counts)[];

/** Operations that are open by the counts; equals {@link PartitionSize.open} of the same state. */
export const openByCounts = (counts: Counts): number => counts.opened - counts.paired - counts.abandoned;

/** POSTs that are held by the counts; equals {@link PartitionSize.held} of the same state. */
export const heldByCounts = (counts: Counts): number => counts.held - counts.heldTaken - counts.orphans;

/**
 * Events that ended nowhere: 0, or there is a bug. Each event is filtered, a duplicate, half of a pair, an abandoned
 * PRE, an orphan, a point span, a span event, still open or still held.
 */
export const unaccountedEvents = (counts: Counts): number =>
  counts.events -
  counts.filtered -
  counts.duplicates -
  2 * counts.paired -
  counts.abandoned -
  counts.orphans -
  counts.pointSpans -
  counts.spanEvents -
  openByCounts(counts) -
  heldByCounts(counts);

/** How much a partition's state holds. */
export interface PartitionSize {
  readonly traces: number;
  readonly open: number;
  readonly held: number;
}
