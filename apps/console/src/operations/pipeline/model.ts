interface Lag {
  readonly log_end: string | null;
  readonly lag_records: number | null;
  readonly lag_ms: number | null;
}

export interface PartitionRow extends Lag {
  readonly partition: number;
  readonly owner: string | null;
  readonly url: string | null;
  readonly phase: string;
  readonly next_offset: string | null;
  readonly committed_offset: string | null;
  readonly stream_time: string | null;
  readonly open: number | null;
  readonly held: number | null;
  readonly oldest_open_at: string | null;
  readonly oldest_open_age_ms: number | null;
  readonly restoring: { readonly done: number; readonly total: number } | null;
  readonly problem: string | null;
}

interface Member {
  readonly member_id: string;
  readonly url: string | null;
  readonly up: boolean;
  readonly reason: string | null;
  readonly partitions: readonly number[];
}

export interface AssemblerRow extends Member {
  readonly rebalances: number | null;
}

export interface ExporterRow extends Member {
  readonly backend: {
    readonly endpoint: string;
    readonly up: boolean | null;
    readonly away_since: string | null;
    readonly problem: string | null;
  } | null;
  readonly in_flight: number | null;
  readonly counts: {
    readonly batches: number;
    readonly accepted_spans: number;
    readonly rejected_spans: number;
    readonly retries: number;
    readonly dead_letters: number;
  } | null;
}

export interface ExportedRow extends Lag {
  readonly partition: number;
  readonly owner: string | null;
  readonly next_offset: string | null;
}

export interface Counts {
  readonly records: number;
  readonly events: number;
  readonly filtered: number;
  readonly duplicates: number;
  readonly paired: number;
  readonly abandoned: number;
  readonly orphans: number;
  readonly pointSpans: number;
  readonly spanEvents: number;
  readonly spans: number;
}

/** The pipeline, as the gateway sends it about once a second. */
export interface PipelineSnapshot {
  readonly at: string;
  readonly complete: boolean;
  readonly partitions: readonly PartitionRow[];
  readonly assemblers: readonly AssemblerRow[];
  readonly exporters: readonly ExporterRow[];
  readonly exported_partitions: readonly ExportedRow[];
  readonly totals: {
    readonly lag_records: number;
    readonly export_lag_records: number;
    readonly open: number;
    readonly held: number;
    readonly counts: Counts;
    readonly unaccounted_events: number;
    readonly oldest_open_age_ms: number | null;
  };
  readonly rates: {
    readonly appended: number;
    readonly events: number;
    readonly spans: number;
    readonly exported: number;
  } | null;
  readonly dead_letters: {
    readonly total: number;
    readonly pending: number;
    readonly complete: boolean;
    readonly by_reason: readonly {
      readonly stage: string | null;
      readonly error_class: string | null;
      readonly total: number;
      readonly pending: number;
    }[];
  } | null;
  readonly rebalances: number | null;
  readonly problems: readonly string[];
}

/** The longest lag of some rows in milliseconds; undefined where none is known. */
export const longestLag = (rows: readonly Lag[]): number | undefined => {
  const known = rows.map(({ lag_ms: lag }) => lag).filter((lag) => lag !== null);
  return known.length === 0 ? undefined : Math.max(...known);
};

/** What became of the events: parts that add up to all of them. */
export const becameOf = ({ totals }: PipelineSnapshot): readonly (readonly [string, number])[] => {
  const { counts, open, held, unaccounted_events: unaccounted } = totals;
  return [
    ['pairs (two each)', counts.paired * 2],
    ['points, as spans', counts.pointSpans],
    ['points, in spans', counts.spanEvents],
    ['duplicates', counts.duplicates],
    ['left out by the filter', counts.filtered],
    ['abandoned', counts.abandoned],
    ['orphans', counts.orphans],
    ['still open', open],
    ['held for their PRE', held],
    ['unaccounted', unaccounted],
  ];
};
