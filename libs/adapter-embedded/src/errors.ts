/** The directory cannot be used as asked. Change what the message names; nothing was changed on disk. */
export class EmbeddedLogError extends Error {
  override readonly name = 'EmbeddedLogError';
  constructor(
    readonly code: 'KAIZEN_LOG_MISSING' | 'KAIZEN_LOG_PARTITIONS' | 'KAIZEN_LOG_FORMAT' | 'KAIZEN_LOG_OPTION',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The log did not take a write: the disk is full or failing, or the log is closed. Nothing of that write happened. */
export class LogUnavailableError extends Error {
  override readonly name = 'LogUnavailableError';
  readonly code = 'KAIZEN_LOG_UNAVAILABLE';
}

/** Another member holds the partition. Drop what is in memory, and wait for a new assignment. */
export class PartitionFencedError extends Error {
  override readonly name = 'PartitionFencedError';
  readonly code = 'KAIZEN_PARTITION_FENCED';
  constructor(readonly partition: number) {
    super(`partition ${partition} has another owner now; drop its state and wait to be assigned it again`);
  }
}
