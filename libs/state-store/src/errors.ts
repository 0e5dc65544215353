import { asError } from '@kaizen-trace/ports';

/** The state's directory cannot be used as asked. The message names it, the reason and the variable to change. */
export class StateDirectoryError extends Error {
  override readonly name = 'StateDirectoryError';
  readonly code = 'KAIZEN_STATE_DIR';
}

/** The state on the disk has another owner now, or was closed. Close the partition; nothing was written since. */
export class StateReplacedError extends Error {
  override readonly name = 'StateReplacedError';
  readonly code = 'KAIZEN_STATE_REPLACED';
}

/** Why a store cannot go on: an error of its own as it is, anything else as the disk's refusal. */
export const failureOf = (directory: string, cause: unknown): StateDirectoryError | StateReplacedError =>
  cause instanceof StateDirectoryError || cause instanceof StateReplacedError
    ? cause
    : new StateDirectoryError(
        `cannot keep state in ${directory} (${asError(cause).message}): free or name another directory (KAIZEN_STATE_DIR)`,
        { cause },
      );
