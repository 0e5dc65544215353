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

/** What the owner of a disk that fails is told. */
export const unusableDirectory = (directory: string, cause: unknown): StateDirectoryError =>
  cause instanceof StateDirectoryError
    ? cause
    : new StateDirectoryError(
        `cannot keep state in ${directory} (${asError(cause).message}): free or name another directory (KAIZEN_STATE_DIR)`,
        { cause },
      );
