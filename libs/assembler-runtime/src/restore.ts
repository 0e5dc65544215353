import type { AssemblySettings, PartitionState, Sha256Hex, StateChange } from '@kaizen-trace/assembler-core';
import { createPartition, restorePartition } from '@kaizen-trace/assembler-core';
import type { Offset, OwnedPartition } from '@kaizen-trace/ports';
import { ForeignStateError, PositionMismatchError, UnreadableStateError } from './errors.js';
import type { PartitionRecord } from './state-codec.js';
import { decodePartitionRecord, decodeStateEntry, partitionRecordKey } from './state-codec.js';

/** Whose state it is: a start with another group or topic refuses. */
export interface StateOwner {
  readonly group: string;
  readonly topic: string;
}

/**
 * The partition's own record, where it is the owner's.
 *
 * @throws ForeignStateError, UnreadableStateError where the state is another group's or of another format.
 */
export const ownRecord = (value: Uint8Array, partition: number, owner: StateOwner): PartitionRecord => {
  const decoded = decodePartitionRecord(value);
  if (decoded.type !== 'decoded')
    throw new UnreadableStateError(`partition ${partition}: partition record: ${decoded.reason}`);
  const { record } = decoded;
  if (record.group === owner.group && record.topic === owner.topic) return record;
  throw new ForeignStateError(
    `partition ${partition}: the state belongs to group ${record.group} on ${record.topic}, ` +
      `this is ${owner.group} on ${owner.topic}; set KAIZEN_GROUP and KAIZEN_TOPIC_PREFIX as its owner has them`,
  );
};

/** A partition's state as it was at the last commit. */
export interface Restored {
  readonly state: PartitionState;
  /** Where to read on. */
  readonly position: Offset;
  readonly entries: number;
}

interface Found {
  readonly record: PartitionRecord | undefined;
  readonly changes: readonly StateChange[];
}

const readEntries = async (owned: OwnedPartition, owner: StateOwner): Promise<Found> => {
  let record: PartitionRecord | undefined;
  const changes: StateChange[] = [];
  for await (const entries of owned.restore()) {
    for (const { key, value } of entries) {
      if (value === null) continue;
      if (key === partitionRecordKey) {
        record = ownRecord(value, owned.partition, owner);
        continue;
      }
      const decoded = decodeStateEntry(key, value);
      if (decoded.type !== 'decoded')
        throw new UnreadableStateError(`partition ${owned.partition}: state entry: ${decoded.reason}`);
      changes.push(decoded.change);
    }
  }
  return { record, changes };
};

/** The partition's own record is the truth about the position; the group's offset is its copy for lag tools. */
const positionOf = (owned: OwnedPartition, { record, changes }: Found): Offset => {
  const { committedOffset, bounds } = owned;
  const complain = (text: string): never => {
    throw new PositionMismatchError(
      `partition ${owned.partition}: ${text}; undo what changed one of them, or begin afresh under another ` +
        'KAIZEN_TOPIC_PREFIX and replay',
    );
  };
  if (record === undefined) {
    if (committedOffset !== undefined && committedOffset > bounds.start) {
      return complain(`the group stands at ${committedOffset}, but the state is gone`);
    }
    if (changes.length > 0) return complain('the state has entries, but no record of their position');
    return bounds.start;
  }
  const position = record.nextOffset;
  // A group that was idle for long is forgotten by the broker; the record finds its place again.
  if (committedOffset !== undefined && committedOffset !== position) {
    return complain(`the group stands at ${committedOffset}, the state at ${position}`);
  }
  if (position > bounds.end) {
    return complain(
      `the state stands at ${position}, but the log ends at ${bounds.end}: the topic was recreated or has lost records`,
    );
  }
  return position;
};

/**
 * Rebuilds a partition's state from its entries and finds its position.
 *
 * @throws ForeignStateError, PositionMismatchError, UnreadableStateError where going on would lose or repeat spans.
 */
export const restore = async (
  owned: OwnedPartition,
  owner: StateOwner,
  assembly: { readonly settings: AssemblySettings; readonly sha256: Sha256Hex },
): Promise<Restored> => {
  const found = await readEntries(owned, owner);
  const { record, changes } = found;
  const position = positionOf(owned, found);
  const state =
    record === undefined
      ? createPartition(assembly.settings, assembly.sha256)
      : restorePartition(assembly.settings, assembly.sha256, { position: record, changes });
  return { state, position, entries: changes.length + (record === undefined ? 0 : 1) };
};
