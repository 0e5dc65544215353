import type { Millis } from '@kaizen-trace/contracts';
import type { Counts, PartitionSize } from './counts.js';
import type { OperationEntry, StateChange } from './entries.js';
import type { Sha256Hex } from './identity.js';
import type { AssemblySettings } from './settings.js';

declare const opaque: unique symbol;

/** The state of one partition. Owned by the caller, changed in place by `foldRecord`; opaque outside of the core. */
export interface PartitionState {
  readonly [opaque]: 'PartitionState';
}

/** Where a saved state stands, kept in the partition's own record beside its entries. */
export interface PartitionPosition {
  readonly streamTime: Millis;
  /** What {@link countsOf} gave. */
  readonly counts: Counts;
  /** What {@link settingsTable} gave. */
  readonly settingsTable: readonly AssemblySettings[];
}

const notBuilt = (...what: readonly unknown[]): never => {
  throw new Error(`not built yet: ${what.length}`);
};

/** An empty partition at stream time 0. */
export const createPartition = (settings: AssemblySettings, sha256: Sha256Hex): PartitionState =>
  notBuilt(settings, sha256);

/** The greatest append time folded so far. */
export const streamTimeOf = (state: PartitionState): Millis => notBuilt(state);

/** A copy of the sum of all counts since the partition began, restarts included. */
export const countsOf = (state: PartitionState): Counts => notBuilt(state);

/** The earliest pending deadline: a tick is due when the wall clock has passed it. */
export const nextDeadline = (state: PartitionState): Millis | undefined => notBuilt(state);

/** The settings that entries refer to by place; belongs in the partition's own record. */
export const settingsTable = (state: PartitionState): readonly AssemblySettings[] => notBuilt(state);

/** How many traces, open operations and held POSTs there are. */
export const partitionSize = (state: PartitionState): PartitionSize => notBuilt(state);

/** Every open operation, trace by trace, oldest first; live values. */
export const openOperations = (state: PartitionState): Iterable<OperationEntry> => notBuilt(state);

/** The whole state as changes onto nothing; live values. */
export const snapshotEntries = (state: PartitionState): Iterable<StateChange> => notBuilt(state);

/** What a restart takes up. */
export interface SavedPartition {
  /** Each live entry once, in any order. Removals are not expected. */
  readonly changes: Iterable<StateChange>;
  readonly position: PartitionPosition;
}

/** The partition that was saved, going on with `settings` for what opens from now on. */
export const restorePartition = (
  settings: AssemblySettings,
  sha256: Sha256Hex,
  saved: SavedPartition,
): PartitionState => notBuilt(settings, sha256, saved);
