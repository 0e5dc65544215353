import { isCount, isObject, isOffsetOrNull, parseJson } from './reading.js';

/** What an exporter says of itself is asked for here, under its address. */
export const exporterStatusPath = 'api/exporter';

/** What an exporter has done since it started. */
export interface ExporterCountsJson {
  /** Messages of the span log that are settled. */
  readonly batches: number;
  readonly accepted_spans: number;
  readonly rejected_spans: number;
  readonly retries: number;
  /** Requests that went to the dead letters. */
  readonly dead_letters: number;
}

/** What one exporter says of itself. */
export interface ExporterStatusJson {
  /** Another after each start, since its counts begin anew with it. */
  readonly started_at: string;
  readonly backend: {
    /** `host:port`. */
    readonly endpoint: string;
    /** Whether its last answer was that of a backend that takes spans; null before the first. */
    readonly up: boolean | null;
    /** Since when it takes none. */
    readonly away_since: string | null;
    /** Why, for people. */
    readonly problem: string | null;
  };
  /** Exports that wait for an answer. */
  readonly in_flight: number;
  readonly counts: ExporterCountsJson;
  readonly partitions: readonly {
    readonly partition: number;
    /** The next message of the span log that is not settled. */
    readonly next_offset: string | null;
  }[];
}

const countNames = ['batches', 'accepted_spans', 'rejected_spans', 'retries', 'dead_letters'] as const;

const isPartition = (value: unknown): boolean =>
  isObject(value) && isCount(value.partition) && isOffsetOrNull(value.next_offset);

/** Reads what an exporter said of itself; undefined where it is something else. Only what is reckoned with is checked. */
export const readExporterStatus = (text: string): ExporterStatusJson | undefined => {
  const value = parseJson(text);
  if (!isObject(value) || typeof value.started_at !== 'string') return undefined;
  const { backend, counts, partitions } = value;
  if (!isObject(backend) || typeof backend.endpoint !== 'string') return undefined;
  if (!isObject(counts) || !countNames.every((name) => isCount(counts[name]))) return undefined;
  if (!Array.isArray(partitions) || !partitions.every(isPartition)) return undefined;
  return value as unknown as ExporterStatusJson;
};
