import type { AssemblySettings } from '@kaizen-trace/assembler-core';
import type { PartitionRecord, StateOwner } from '@kaizen-trace/assembler-runtime';
import { readPartitionRecord } from '@kaizen-trace/assembler-runtime';
import type { Millis } from '@kaizen-trace/contracts';
import { millis } from '@kaizen-trace/contracts';
import type { LogBounds, LogConnection, LogReader, StateReader } from '@kaizen-trace/ports';
import { offset } from '@kaizen-trace/ports';
import { ReplayRefusedError } from './errors.js';
import type { Point } from './point.js';

/** What one partition's replay will do. All offsets are of the event log. */
export interface PartitionPlan {
  readonly partition: number;
  /** Where older records of traces that were active at `foldFrom` may stand; equal to it where there is nothing to look at. */
  readonly lookFrom: bigint;
  /** Where the fold begins, with nothing in memory. */
  readonly foldFrom: bigint;
  /** Spans that records of [from, to) finish are replayed. */
  readonly from: bigint;
  readonly to: bigint;
  /** Whether the log has lost the records before `foldFrom`. */
  readonly beginningGone: boolean;
  readonly settings: AssemblySettings;
  /** In force and, after a redeploy that changed it, of operations that began before; each once. */
  readonly liveLayouts: readonly AssemblySettings['layout'][];
}

/** What was asked for. */
export interface RangeRequest {
  readonly from?: Point | undefined;
  readonly to?: Point | undefined;
  /** Undefined: all. */
  readonly partitions?: readonly number[] | undefined;
  readonly layout?: AssemblySettings['layout'] | undefined;
}

/** Where to look, and what to fall back to. */
export interface PlanSource {
  readonly log: Pick<LogConnection, 'events' | 'state'>;
  readonly owner: StateOwner;
  /** The settings of a partition that no assembler has folded yet: the environment's. */
  readonly configured: () => Promise<AssemblySettings>;
}

interface Lookback {
  readonly ms: number;
}

const lookbackOf = (table: readonly AssemblySettings[]): Lookback => ({
  ms: Math.max(...table.map(({ openTtlMs, reorderGraceMs }) => openTtlMs + reorderGraceMs)),
});

/** The settings to fold with: those in force by the state, else the table's last, else the environment's. */
export const settingsInForce = (
  record: PartitionRecord | undefined,
  configured: AssemblySettings | undefined,
): AssemblySettings | undefined => record?.settings ?? record?.settingsTable.at(-1) ?? configured;

const clamp = (value: bigint, { start, end }: LogBounds): bigint =>
  value < start ? start : value > end ? end : value;

const offsetOf = async (
  events: LogReader,
  place: { readonly partition: number; readonly bounds: LogBounds },
  point: Point,
): Promise<bigint> =>
  clamp(
    point.type === 'offset' ? point.offset : await events.offsetAt(place.partition, point.time),
    place.bounds,
  );

/** Append time of the first record at or after `at`; undefined where there is none. */
const timeAt = async (
  events: LogReader,
  partition: number,
  range: { readonly at: bigint; readonly end: bigint },
): Promise<Millis | undefined> => {
  const scan = events.scan({ partition, from: offset(range.at), to: offset(range.end) });
  for await (const { records } of scan) if (records[0] !== undefined) return records[0].appendTime;
  return undefined;
};

/** The offset so far before `at` by append time that nothing open there can still be open at `at`. */
const before = async (
  events: LogReader,
  place: { readonly partition: number; readonly bounds: LogBounds; readonly at: bigint },
  { ms }: Lookback,
): Promise<bigint> => {
  const { partition, bounds, at } = place;
  if (at <= bounds.start) return bounds.start;
  const time = await timeAt(events, partition, { at, end: bounds.end });
  // Nothing stands there yet: the newest record is no older than the wall clock says.
  const since = millis(Math.max(0, (time ?? Date.now()) - ms));
  const found = clamp(await events.offsetAt(partition, since), bounds);
  return found < at ? found : at;
};

const planPartition = async (
  source: PlanSource & { readonly state: StateReader },
  partition: number,
  request: RangeRequest,
): Promise<PartitionPlan> => {
  const { events } = source.log;
  const record = await readPartitionRecord(source.state, partition, source.owner);
  const live = settingsInForce(record, undefined) ?? (await source.configured());
  const bounds = await events.bounds(partition);
  const place = { partition, bounds };
  const from = request.from === undefined ? bounds.start : await offsetOf(events, place, request.from);
  const wanted = request.to === undefined ? bounds.end : await offsetOf(events, place, request.to);
  const to = wanted < from ? from : wanted;
  const kept = [live, ...(record?.settingsTable ?? [])];
  const lookback = lookbackOf(kept);
  const foldFrom = await before(events, { ...place, at: from }, lookback);
  const lookFrom = await before(events, { ...place, at: foldFrom }, lookback);
  return {
    partition,
    lookFrom,
    foldFrom,
    from,
    to,
    beginningGone: foldFrom === bounds.start && bounds.start > 0n,
    settings: { ...live, layout: request.layout ?? live.layout },
    liveLayouts: [...new Set(kept.map(({ layout }) => layout))],
  };
};

/** The partitions that are meant. @throws ReplayRefusedError where one does not exist. */
export const chosenPartitions = (count: number, wanted: readonly number[] | undefined): readonly number[] => {
  const missing = wanted?.find((partition) => partition >= count);
  if (missing !== undefined)
    throw new ReplayRefusedError(
      `--partition ${missing}: the log has ${count} partitions, 0 to ${count - 1}`,
    );
  return wanted === undefined
    ? Array.from({ length: count }, (_, partition) => partition)
    : [...new Set(wanted)].sort((a, b) => a - b);
};

/**
 * Settles what will be read and exported, so that a resumed replay does the same. Reads only.
 *
 * @throws ReplayRefusedError where a partition does not exist; ForeignStateError, UnreadableStateError of the state.
 */
export const planReplay = async (
  source: PlanSource,
  request: RangeRequest,
): Promise<readonly PartitionPlan[]> => {
  const partitions = chosenPartitions(await source.log.events.partitionCount(), request.partitions);
  const state = source.log.state({ group: source.owner.group });
  return Promise.all(partitions.map((partition) => planPartition({ ...source, state }, partition, request)));
};
