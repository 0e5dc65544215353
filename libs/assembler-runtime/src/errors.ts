/** Why a partition halted: going on would lose or repeat spans. It stays halted until its lease ends. */
export abstract class PartitionHaltedError extends Error {
  abstract readonly code: string;
}

/**
 * The state belongs to another consumer group, topic or partition count. Start with the group that wrote it, or point
 * `KAIZEN_TOPIC_PREFIX` at other topics.
 */
export class ForeignStateError extends PartitionHaltedError {
  override readonly name = 'ForeignStateError';
  readonly code = 'KAIZEN_FOREIGN_STATE';
}

/**
 * The state and the consumer group disagree about the position, or one of them is gone. Somebody reset the group's
 * offsets, deleted the state topic or the input topic: undo that, or begin afresh with new topics and replay.
 */
export class PositionMismatchError extends PartitionHaltedError {
  override readonly name = 'PositionMismatchError';
  readonly code = 'KAIZEN_POSITION_MISMATCH';
}

/** An entry of the state cannot be read by this release. Run the release that wrote it, or a newer one. */
export class UnreadableStateError extends PartitionHaltedError {
  override readonly name = 'UnreadableStateError';
  readonly code = 'KAIZEN_UNREADABLE_STATE';
}

/**
 * A record that the fold cannot take: a bug of this software, not of the record. Report it with the offset; the partition
 * goes on with a release that mends it, and nothing was skipped.
 */
export class FoldFailedError extends PartitionHaltedError {
  override readonly name = 'FoldFailedError';
  readonly code = 'KAIZEN_FOLD_FAILED';
}
