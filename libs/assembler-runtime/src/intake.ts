import {
  expireBefore,
  foldRecord,
  InconsistentStateError,
  nextDeadline,
  type ExpiryOutput,
  type FoldInput,
  type FoldOutput,
  type PartitionState,
} from '@kaizen-trace/assembler-core';
import type { HookContext } from '@kaizen-trace/contracts';
import { unreachable } from '@kaizen-trace/contracts';
import { decodeEvent } from '@kaizen-trace/codec';
import type { DeadLetter, DeadLetterStage, LogRecord } from '@kaizen-trace/ports';
import { deadLetterHeaders, isTick } from '@kaizen-trace/ports';
import { FoldFailedError, UnreadableStateError } from './errors.js';

/** What a record of the input is: time alone, an event to fold, or a dead letter with its reason. */
export type Intake =
  | { readonly type: 'tick' }
  | { readonly type: 'event'; readonly event: HookContext }
  | { readonly type: 'dead-letter'; readonly letter: DeadLetter; readonly errorClass: string };

interface Flaw {
  readonly stage: DeadLetterStage;
  readonly errorClass: string;
  readonly message: string;
}

/** Whether `key` is `traceId` in UTF-8. Trace ids are nearly always ASCII: those need no encoding. */
const keyIs = (key: Uint8Array | null, traceId: string): boolean => {
  if (key === null || key.length < traceId.length) return false;
  for (let i = 0; i < traceId.length; i++) {
    const unit = traceId.charCodeAt(i);
    if (unit > 0x7f) return Buffer.from(traceId, 'utf8').equals(key);
    if (key[i] !== unit) return false;
  }
  return key.length === traceId.length;
};

/** Gives a failure of the fold its name, and the record at which it came. */
const failureAt = (cause: unknown, { offset }: LogRecord, partition: number): Error => {
  if (cause instanceof UnreadableStateError) return cause;
  if (cause instanceof InconsistentStateError)
    return new UnreadableStateError(`partition ${partition}: ${cause.message}`, { cause });
  return new FoldFailedError(
    `partition ${partition}: the record at offset ${offset} could not be folded, which is a bug: report it with the ` +
      'offset; nothing was skipped, and the partition goes on with a release that mends it',
    { cause },
  );
};

/**
 * Folds a record that was taken in; a dead letter and a tick only move the time.
 *
 * @throws FoldFailedError where the fold has a bug, UnreadableStateError where it needs state that cannot be read.
 */
export const foldIntake = (
  state: PartitionState,
  record: LogRecord,
  { intake, partition }: { readonly intake: Intake; readonly partition: number },
): FoldOutput => {
  const { offset, appendTime, value } = record;
  try {
    const input: FoldInput =
      intake.type === 'event'
        ? { offset, appendTime, bytes: value?.length ?? 0, event: intake.event }
        : { offset, appendTime };
    return foldRecord(state, input);
  } catch (cause) {
    throw failureAt(cause, record, partition);
  }
};

/**
 * Fires at most `atMost` of the deadlines that pass with a record; undefined where none is left, so that the record can
 * be folded.
 *
 * @throws as {@link foldIntake}.
 */
export const expireFor = (
  state: PartitionState,
  record: LogRecord,
  { partition, atMost }: { readonly partition: number; readonly atMost: number },
): ExpiryOutput | undefined => {
  if ((nextDeadline(state) ?? Infinity) > record.appendTime) return undefined;
  try {
    return expireBefore(state, record, atMost);
  } catch (cause) {
    throw failureAt(cause, record, partition);
  }
};

/** Reads one record of partition `source`; never throws. The letter keeps the original key, bytes and headers. */
export const takeIn = (
  record: LogRecord,
  source: { readonly topic: string; readonly partition: number },
): Intake => {
  if (isTick(record)) return { type: 'tick' };
  const bury = (flaw: Flaw): Intake => ({
    type: 'dead-letter',
    errorClass: flaw.errorClass,
    letter: {
      key: record.key,
      value: record.value,
      headers: [...record.headers, ...deadLetterHeaders({ ...source, offset: record.offset, ...flaw })],
    },
  });
  if (record.value === null) {
    return bury({
      stage: 'decode',
      errorClass: 'EmptyRecordError',
      message: 'the record has no value and is no tick',
    });
  }
  const decoded = decodeEvent(record.value);
  switch (decoded.type) {
    case 'decoded':
      return keyIs(record.key, decoded.event.traceId)
        ? { type: 'event', event: decoded.event }
        : bury({
            stage: 'validate',
            errorClass: 'KeyMismatchError',
            message: 'the record key is not its trace_id',
          });
    case 'unknown-schema':
      return bury({
        stage: 'decode',
        errorClass: 'UnknownSchemaError',
        message: `no schema with the fingerprint ${decoded.fingerprint} is known to this release`,
      });
    case 'broken':
      return bury({ stage: 'decode', errorClass: 'BrokenRecordError', message: decoded.reason });
    case 'invalid':
      return bury({
        stage: 'validate',
        errorClass: 'InvalidEventError',
        message: decoded.field === null ? decoded.reason : `${decoded.field}: ${decoded.reason}`,
      });
    default:
      return unreachable(decoded);
  }
};
