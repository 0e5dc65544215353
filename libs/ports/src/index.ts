export {
  appendedAtHeader,
  appendedAtHeaders,
  isTick,
  offset,
  readAppendedAt,
  tickHeader,
} from './records.js';
export type { LogRecord, NewRecord, Offset, RecordBatch, RecordHeaders } from './records.js';
export type { AppendOutcome, EventLog, LogBounds, LogPlace, LogReader, ScanRange } from './event-log.js';
export type {
  AcquireOutcome,
  AnnouncedMember,
  AssemblerLog,
  CommitOutcome,
  DeadLetter,
  GroupMember,
  LeaseHolder,
  OwnedPartition,
  PartitionLease,
  UnitOfWork,
} from './assembler-log.js';
export type { SpanLog, SpanPartition, SpanPartitionHolder } from './span-log.js';
export { dueOf, keyAt, partitionKey, placeOf, placesOfTrace, traceAt, traceOfKey } from './state-store.js';
export type { RestoreProgress, StateEntry, StateStore } from './state-store.js';
export type { StateReader } from './state-reader.js';
export type { DeadLetterLog, RedriveUnit, Redriver } from './dead-letter-log.js';
export type { Clock } from './clock.js';
export { asError, OffsetOutOfRangeError } from './errors.js';
export { checkedAnnouncement, maxAnnouncementLength } from './log-connection.js';
export type { GroupOptions, LogConnection } from './log-connection.js';
export {
  deadLetterHeaders,
  readDeadLetterHeaders,
  readRedriveMark,
  redriveMark,
  redrivenFromHeader,
  withoutDeadLetterHeaders,
} from './dead-letter.js';
export type { DeadLetterReason, DeadLetterStage } from './dead-letter.js';
export { untilAborted } from './until-aborted.js';
export { groupBy } from './group-by.js';
export { murmur2, partitionOf } from './murmur2.js';
