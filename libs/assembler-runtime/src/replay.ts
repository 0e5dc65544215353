import type { AssemblySettings, Counts, PartitionSize } from '@kaizen-trace/assembler-core';
import {
  countsOf,
  createPartition,
  partitionSize,
  snapshotEntries,
  streamTimeOf,
} from '@kaizen-trace/assembler-core';
import type { Millis, SpanRecord } from '@kaizen-trace/contracts';
import type { LogRecord, StateReader } from '@kaizen-trace/ports';
import { foldIntake, takeIn } from './intake.js';
import type { PartitionRecord } from './partition-record.js';
import { partitionRecordKey } from './partition-record.js';
import { ownRecord, type StateOwner } from './restore.js';
import { sha256Hex } from '@kaizen-trace/otlp';

/** What has not ended at the place where a fold stands: an operation without its POST, or a POST without its PRE. */
export interface Unfinished {
  readonly type: 'operation' | 'held';
  readonly traceId: string;
  /** Of the PRE's or POST's record. */
  readonly offset: bigint;
  readonly appendTime: Millis;
  readonly eventType: string;
  readonly name: string | undefined;
  readonly agentId: string;
  readonly serviceName: string;
}

/** A partition folded again from its records, beside whoever owns it. Commits nothing; its memory is what is open. */
export interface Refold {
  /**
   * Folds the next record as an assembler would, and gives the spans that it finished.
   *
   * @throws FoldFailedError where the fold has a bug.
   */
  fold(record: LogRecord): readonly SpanRecord[];
  /** The greatest append time so far. */
  streamTime(): Millis;
  counts(): Counts;
  /** Records that an assembler would have put into the dead letters. */
  deadLetters(): number;
  size(): PartitionSize;
  /** The ids of the traces that are remembered now. */
  traces(): Iterable<string>;
  /** What is open or held now; no span shows it yet. */
  unfinished(): Iterable<Unfinished>;
}

/** Begins a fold of partition `source` with empty state. */
export const openRefold = (
  settings: AssemblySettings,
  source: { readonly topic: string; readonly partition: number },
): Refold => {
  const state = createPartition(settings, sha256Hex);
  let deadLetters = 0;

  function* traces(): Generator<string> {
    for (const { type, traceId } of snapshotEntries(state)) if (type === 'trace') yield traceId;
  }

  function* unfinished(): Generator<Unfinished> {
    const serviceOf = (name: string | undefined): string => name ?? settings.defaultServiceName;
    for (const { type, value } of snapshotEntries(state)) {
      if (value === undefined) continue;
      if (type === 'operation') {
        const { traceId, offset, appendTime, kind, name, agentId, serviceName } = value;
        const place = { traceId, offset, appendTime, agentId, serviceName: serviceOf(serviceName) };
        yield { type, ...place, eventType: `pre_${kind}`, name };
      } else if (type === 'held') {
        const { traceId, offset, appendTime, event } = value;
        const { agentId, eventType, serviceName } = event;
        const place = { traceId, offset, appendTime, agentId, serviceName: serviceOf(serviceName) };
        yield { type, ...place, eventType, name: undefined };
      }
    }
  }

  return {
    fold: (record) => {
      const intake = takeIn(record, source);
      if (intake.type === 'dead-letter') deadLetters += 1;
      return foldIntake(state, record, { intake, partition: source.partition }).spans;
    },
    streamTime: () => streamTimeOf(state),
    counts: () => countsOf(state),
    deadLetters: () => deadLetters,
    size: () => partitionSize(state),
    traces,
    unfinished,
  };
};

/**
 * What a group's state says of one partition: how far it was folded, and with which settings; undefined where it has
 * committed nothing yet. Reads only.
 *
 * @throws ForeignStateError, UnreadableStateError where the state is another group's or of another format.
 */
export const readPartitionRecord = async (
  state: StateReader,
  partition: number,
  owner: StateOwner,
): Promise<PartitionRecord | undefined> => {
  const value = await state.latest(partition, partitionRecordKey);
  if (value === undefined) return undefined;
  return ownRecord(value, partition, owner);
};
