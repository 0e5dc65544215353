export { expireBefore, foldRecord } from './assemble.js';
export type { ExpiryOutput, FoldInput, FoldOutput } from './assemble.js';
export { countNames, heldByCounts, openByCounts, unaccountedEvents, zeroCounts } from './counts.js';
export type { Counts, MutableCounts, PartitionSize } from './counts.js';
export type {
  HeldEntry,
  OperationEntry,
  SavedEntry,
  SavedTraces,
  StateChange,
  TraceEntry,
  TraceRoot,
} from './entries.js';
export { endAll, endEarly } from './ending.js';
export { callIdentity, otelTraceId, spanIdOf } from './identity.js';
export type { Sha256Hex } from './identity.js';
export {
  countsOf,
  memoryOf,
  openOperations,
  partitionSize,
  settingsTable,
  snapshotEntries,
  streamTimeOf,
} from './partition.js';
export { createPartition, resumePartition } from './restore.js';
export { InconsistentStateError, nextDeadline, putTracesAside } from './saved-traces.js';
export type { PartitionPosition, SavedPartition } from './restore.js';
export type { PartitionState } from './state.js';
export { spanOfEvent } from './single-event.js';
export { defaultSettings } from './settings.js';
export type { AssemblySettings } from './settings.js';
