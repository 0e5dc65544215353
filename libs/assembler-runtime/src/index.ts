export { openAssembler, sha256Hex } from './assembler.js';
export type { Assembler, AssemblerOptions } from './assembler.js';
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
export type { StateOwner } from './restore.js';
export type { AssemblerEvent, AssemblerObserver, PartitionStatus } from './status.js';
export { systemClock } from './system-clock.js';
