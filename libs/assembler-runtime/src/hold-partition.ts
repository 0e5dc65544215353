import { unreachable } from '@kaizen-trace/contracts';
import type { OwnedPartition, PartitionLease, RestoreProgress } from '@kaizen-trace/ports';
import { asError, OffsetOutOfRangeError, untilAborted } from '@kaizen-trace/ports';
import type { AssemblerContext } from './context.js';
import { PartitionHaltedError } from './errors.js';
import type { PartitionRecorder } from './recorder.js';
import { doubting, restore } from './restore.js';
import type { RunEnd } from './run-partition.js';
import { runOwned } from './run-partition.js';

const firstPause = 100;
const longestPause = 10_000;

const restoreAndRun = async (
  context: AssemblerContext,
  owned: OwnedPartition,
  recorder: PartitionRecorder,
): Promise<RunEnd> => {
  const begin = context.clock.now();
  recorder.enter('restoring');
  const progress: RestoreProgress = (done, total) => recorder.restoring(done, total);
  const { settings, sha256 } = context;
  const { state, store, position } = await restore(owned, context.owner, { settings, sha256, progress });
  recorder.restored({ position, state, ms: context.clock.now() - begin });
  recorder.enter('running');
  return doubting(store, () => runOwned(context, { owned, state, store, position, recorder }));
};

/** One ownership: acquire, restore, fold until it ends. Errors that no retry can mend are thrown. */
const ownOnce = async (
  context: AssemblerContext,
  lease: PartitionLease,
  recorder: PartitionRecorder,
): Promise<RunEnd> => {
  recorder.enter('acquiring');
  const acquired = await lease.acquire();
  switch (acquired.type) {
    case 'retryable':
      return { type: 'retry', cause: acquired.cause };
    case 'fenced':
      return acquired;
    case 'acquired':
      try {
        return await restoreAndRun(context, acquired.owned, recorder);
      } finally {
        await acquired.owned.close();
      }
    default:
      return unreachable(acquired);
  }
};

const needsPerson = (error: unknown): error is Error =>
  error instanceof PartitionHaltedError || error instanceof OffsetOutOfRangeError;

/**
 * Holds one leased partition until the lease ends: acquires, folds, and begins again after every failure that time can
 * mend. A partition that only a person can mend stays halted, loudly, and commits nothing more.
 */
export const holdPartition = async (
  context: AssemblerContext,
  lease: PartitionLease,
  recorder: PartitionRecorder,
): Promise<void> => {
  let pause = firstPause;
  while (!lease.signal.aborted) {
    const begin = context.clock.now();
    const end = await ownOnce(context, lease, recorder).catch(
      (error: unknown): RunEnd | { type: 'halted'; error: Error } =>
        needsPerson(error) ? { type: 'halted', error } : { type: 'retry', cause: asError(error) },
    );
    if (end.type === 'released') break;
    if (end.type === 'halted') {
      recorder.enter('halted');
      recorder.problem('halted', end.error);
      await untilAborted(lease.signal);
      break;
    }
    if (end.type === 'fenced') {
      recorder.problem('fenced', end.cause);
      break;
    }
    recorder.problem('retrying', end.cause);
    if (context.clock.now() - begin > longestPause) pause = firstPause;
    await context.clock.sleep(pause, lease.signal);
    pause = Math.min(pause * 2, longestPause);
  }
  recorder.enter('released');
};
