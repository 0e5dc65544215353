import type { AssemblySettings, Counts, PartitionState, StateChange } from '@kaizen-trace/assembler-core';
import { countsOf, settingsTable, streamTimeOf } from '@kaizen-trace/assembler-core';
import type { Millis } from '@kaizen-trace/contracts';
import type { Offset, StateEntry } from '@kaizen-trace/ports';

/** The truth about a partition's position, written by every commit under the key {@link partitionRecordKey}. */
export interface PartitionRecord {
  readonly topic: string;
  readonly group: string;
  readonly nextOffset: Offset;
  readonly streamTime: Millis;
  readonly counts: Counts;
  readonly settingsTable: readonly AssemblySettings[];
}

/** The reserved key of the partition's own record. */
export const partitionRecordKey = 'partition';

/** Bytes that this release cannot read: restore with the release that wrote them, or replay the event log. */
export interface Unreadable {
  readonly type: 'unreadable';
  /** What is wrong, and the remedy. */
  readonly reason: string;
}

const notBuilt = (...what: readonly unknown[]): never => {
  throw new Error(`not built yet: ${what.length}`);
};

/** The key under which a change is stored; the same for all changes of one entry, and never {@link partitionRecordKey}. */
export const stateChangeKey = (change: StateChange): string => notBuilt(change);

/** A change as it goes into the changelog; a removal has a null value. */
export const encodeStateChange = (change: StateChange): StateEntry => notBuilt(change);

/** An entry of the changelog; never throws. */
export const decodeStateEntry = (
  key: string,
  value: Uint8Array,
): { readonly type: 'decoded'; readonly change: StateChange } | Unreadable => notBuilt(key, value);

/** What the state says of itself, with the group, topic and position that it belongs to. */
export const partitionRecordOf = (
  state: PartitionState,
  place: Pick<PartitionRecord, 'group' | 'topic' | 'nextOffset'>,
): PartitionRecord => ({
  ...place,
  streamTime: streamTimeOf(state),
  counts: countsOf(state),
  settingsTable: settingsTable(state),
});

/** The partition's own record as bytes. */
export const encodePartitionRecord = (record: PartitionRecord): Uint8Array => notBuilt(record);

/** The partition's own record; never throws. */
export const decodePartitionRecord = (
  value: Uint8Array,
): { readonly type: 'decoded'; readonly record: PartitionRecord } | Unreadable => notBuilt(value);
