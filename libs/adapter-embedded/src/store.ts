import type { Environment } from './environment.js';
import type { PartitionLogs } from './partition-logs.js';
import type { Watch } from './watch.js';

/** One open directory, shared by all connections of this process: LMDB wants it opened once. */
export interface Store {
  readonly env: Environment;
  readonly logs: PartitionLogs;
  readonly watch: Watch;
  readonly partitions: number;
  /** Runs `run` in a durable transaction, together with others; rejects with LogUnavailableError where nothing was written. */
  write<Result>(bytes: number, run: () => Result): Promise<Result>;
  /** Reads what is committed now; `run` must end in the same turn. */
  read<Result>(run: () => Result): Result;
  /** Gives up one use; the last one closes the environment. */
  release(): Promise<void>;
}
