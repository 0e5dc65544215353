import type { Counts } from '@kaizen-trace/assembler-core';
import { isCount, isObject, isOffsetOrNull, parseJson } from './reading.js';

/** What an assembler says of itself is asked for here, under its address. */
export const assemblerStatusPath = 'api/partitions';

/** One partition as its assembler sees it now. Offsets are decimal text, times ISO 8601; null is "not known yet". */
export interface AssembledPartitionJson {
  readonly partition: number;
  readonly phase: string;
  readonly next_offset: string | null;
  readonly committed_offset: string | null;
  readonly stream_time: string | null;
  /** Operations without their POST; POSTs without their PRE. */
  readonly open: number | null;
  readonly held: number | null;
  /** When the log took the PRE of the oldest open operation; null where nothing is open. Up to some seconds old. */
  readonly oldest_open_at: string | null;
  /** Totals since the partition's first record. */
  readonly counts: Counts | null;
  readonly restoring: { readonly done: number; readonly total: number } | null;
  /** Why it halted, or what it is retrying for. */
  readonly problem: string | null;
}

/** What one assembler says of itself. */
export interface AssemblerStatusJson {
  /** How often the group has shared its partitions anew since this assembler joined. */
  readonly rebalances: number;
  readonly partitions: readonly AssembledPartitionJson[];
}

const isPartition = (value: unknown): value is AssembledPartitionJson =>
  isObject(value) &&
  isCount(value.partition) &&
  typeof value.phase === 'string' &&
  isOffsetOrNull(value.next_offset) &&
  isOffsetOrNull(value.committed_offset) &&
  (value.counts === null || isObject(value.counts)) &&
  (value.restoring === null || isObject(value.restoring));

/** Reads what an assembler said of itself; undefined where it is something else. Only what is reckoned with is checked. */
export const readAssemblerStatus = (text: string): AssemblerStatusJson | undefined => {
  const value = parseJson(text);
  if (!isObject(value) || !isCount(value.rebalances) || !Array.isArray(value.partitions)) return undefined;
  const partitions = value.partitions as readonly unknown[];
  return partitions.every(isPartition) ? { rebalances: value.rebalances, partitions } : undefined;
};
