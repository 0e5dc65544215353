import type { Millis } from '@kaizen-trace/contracts';
import { millis } from '@kaizen-trace/contracts';
import { EmbeddedLogError } from './errors.js';

/** Where the log lies, and its limits. */
export interface EmbeddedLogOptions {
  /** Holds `data.mdb` and `lock.mdb`; on a local disk. */
  readonly directory: string;
  /** Fixed when the log is created. Asking for another count later is refused; 12 by default, 1 to 1,024. */
  readonly partitions?: number;
  /** Whether a log may be created where there is none; true by default. */
  readonly create?: boolean;
  /** How long records are kept, in milliseconds; 30 days by default. What a group has not passed is kept anyway. */
  readonly retentionMs?: number;
  /** The limit of one record, key, value and headers together; 1 MiB by default. */
  readonly maxRecordBytes?: number;
  /** Gives append times; the wall clock by default. Group membership always goes by the wall clock. */
  readonly now?: () => Millis;
  /** How often a waiting reader looks for what other processes appended; 20 ms by default. */
  readonly pollIntervalMs?: number;
}

/** Options with every default filled in. */
export type CompiledOptions = Readonly<Required<Omit<EmbeddedLogOptions, 'partitions'>>> & {
  /** Undefined: as the log has it, or 12 for a new one. */
  readonly partitions: number | undefined;
};

/** Partitions of a log that is created without saying how many. */
export const defaultPartitions = 12;
const maxPartitions = 1_024;
const day = 24 * 60 * 60 * 1_000;

/** @throws EmbeddedLogError where an option is out of its range. */
export const compileOptions = (options: EmbeddedLogOptions): CompiledOptions => {
  const { partitions } = options;
  if (
    partitions !== undefined &&
    !(Number.isInteger(partitions) && partitions > 0 && partitions <= maxPartitions)
  )
    throw new EmbeddedLogError('KAIZEN_LOG_OPTION', `partitions: ${partitions} is not 1 to ${maxPartitions}`);
  return Object.freeze({
    directory: options.directory,
    partitions,
    create: options.create ?? true,
    retentionMs: options.retentionMs ?? 30 * day,
    maxRecordBytes: options.maxRecordBytes ?? 1024 * 1024,
    now: options.now ?? ((): Millis => millis(Date.now())),
    pollIntervalMs: options.pollIntervalMs ?? 20,
  });
};
