import type { Offset } from './records.js';

/** Whatever was thrown, as the `Error` that an outcome's `cause` has to be: one as it is, anything else as its text. */
export const asError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(String(thrown));

/** The position lies outside of what the log still holds. Halt the partition: going on would skip records unseen. */
export class OffsetOutOfRangeError extends Error {
  override readonly name = 'OffsetOutOfRangeError';
  readonly code = 'KAIZEN_OFFSET_OUT_OF_RANGE';
  constructor(
    readonly position: { readonly partition: number; readonly wanted: Offset; readonly logStart: Offset },
    options?: ErrorOptions,
  ) {
    super(
      `partition ${position.partition}: offset ${position.wanted} is gone, the log now starts at ${position.logStart}; ` +
        'raise the topic retention, and replay what is left from the log start',
      options,
    );
  }
}
