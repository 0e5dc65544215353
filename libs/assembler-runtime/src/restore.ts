import type { AssemblySettings, PartitionState, Sha256Hex } from '@kaizen-trace/assembler-core';
import { resumePartition } from '@kaizen-trace/assembler-core';
import type { Offset, OwnedPartition, RestoreProgress, StateStore } from '@kaizen-trace/ports';
import {
  ForeignStateError,
  PartitionHaltedError,
  PositionMismatchError,
  UnreadableStateError,
} from './errors.js';
import { savedTracesIn } from './saved-traces.js';
import type { PartitionRecord } from './state-codec.js';
import { decodePartitionRecord, partitionRecordKey } from './state-codec.js';

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
  /** What is not in memory, and what every commit goes into. */
  readonly store: StateStore;
  /** Where to read on. */
  readonly position: Offset;
}

const isEmpty = (store: StateStore): boolean => {
  for (const entries of store.all()) if (entries.length > 0) return false;
  return true;
};

/** The partition's own record is the truth about the position; the group's offset is its copy for lag tools. */
const positionOf = (
  { partition, committedOffset, bounds }: OwnedPartition,
  store: StateStore,
  record: PartitionRecord | undefined,
): Offset => {
  const complain = (text: string): never => {
    throw new PositionMismatchError(
      `partition ${partition}: ${text}; undo what changed one of them, or begin afresh under another ` +
        'KAIZEN_TOPIC_PREFIX and replay',
    );
  };
  if (record === undefined) {
    if (committedOffset !== undefined && committedOffset > bounds.start) {
      return complain(`the group stands at ${committedOffset}, but the state is gone`);
    }
    if (!isEmpty(store)) return complain('the state has entries, but no record of their position');
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

/** What cannot be right in a copy on this machine is looked for in the log itself, by another try, before it halts. */
export const doubting = async <T>(store: StateStore, work: () => T | Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof PartitionHaltedError) || !store.distrust()) throw error;
    throw new Error(`the copy of the state on this machine is given up: ${error.message}`, { cause: error });
  }
};

/**
 * Takes up a partition's state where its last commit left it. Its entries stay on disk until they are needed.
 *
 * @throws ForeignStateError, PositionMismatchError, UnreadableStateError where going on would lose or repeat spans.
 */
export const restore = async (
  owned: OwnedPartition,
  owner: StateOwner,
  assembly: {
    readonly settings: AssemblySettings;
    readonly sha256: Sha256Hex;
    readonly progress: RestoreProgress;
  },
): Promise<Restored> => {
  const store = await owned.restore(assembly.progress);
  return doubting(store, () => {
    const value = store.get(partitionRecordKey);
    const record = value === undefined ? undefined : ownRecord(value, owned.partition, owner);
    const position = positionOf(owned, store, record);
    const traces = savedTracesIn(store, owned.partition);
    const state = resumePartition(assembly.settings, assembly.sha256, { traces, position: record });
    return { state, store, position };
  });
};
