export { openAssembler } from './assembler.js';
export { sha256Hex } from '@kaizen-trace/otlp';
export type { Assembler, AssemblerOptions } from './assembler.js';
export { assemblyFrom } from './assembly-from.js';
export type { ConfiguredAssembly } from './assembly-from.js';
export { defaultCommitPolicy } from './context.js';
export type { CommitPolicy } from './context.js';
export {
  FoldFailedError,
  ForeignStateError,
  PartitionHaltedError,
  PositionMismatchError,
  UnreadableStateError,
} from './errors.js';
export type { Phase } from './lifecycle.js';
export { comesBefore, readCursor, showCursor, sortPositions } from './open-operations/order.js';
export type { LogPosition, PositionOrder } from './open-operations/order.js';
export { readOpenQuery, showOpenQuery } from './open-operations/query.js';
export type {
  OpenOperation,
  OpenOperationsPage,
  OpenOperationsQuery,
  OpenPartition,
  OpenQueryReading,
} from './open-operations/query.js';
export { openPageToJson, readOpenPage } from './open-operations/json.js';
export type { OpenOperationJson, OpenPageJson, OpenPartitionJson } from './open-operations/json.js';
export type { PartitionRecord } from './partition-record.js';
export { openRefold, readPartitionRecord } from './replay.js';
export type { Refold, Unfinished } from './replay.js';
export type { StateOwner } from './restore.js';
export type { AssemblerEvent, AssemblerObserver, PartitionStatus } from './status.js';
export { systemClock } from './system-clock.js';
