import { setTimeout as sleep } from 'node:timers/promises';
import type { LogConnection, Offset, PartitionLease } from '@kaizen-trace/ports';

/** What a partition's next owner would begin with. */
export interface LeftState {
  /** Keys of the live entries, the partition's own record left out. */
  readonly keys: ReadonlySet<string>;
  /** Where the group stands; undefined where it never committed. */
  readonly committedOffset: Offset | undefined;
}

const recordKey = 'partition';
const attempts = 50;

const readLease = async (lease: PartitionLease): Promise<LeftState> => {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await lease.acquire();
    if (outcome.type === 'acquired') {
      const keys = new Set<string>();
      const state = await outcome.owned.restore();
      for (const entries of state.all()) for (const { key } of entries) keys.add(key);
      keys.delete(recordKey);
      await outcome.owned.close();
      return { keys, committedOffset: outcome.owned.committedOffset };
    }
    if (attempt === attempts) throw outcome.cause;
    await sleep(200);
  }
};

/**
 * Takes every partition of the group, as its next owner would, and gives what it finds there, by partition. Commits
 * nothing. To be called when every other member has left.
 *
 * @throws Error where a partition cannot be had.
 */
export const readLeftState = async (
  log: LogConnection,
  group: string,
): Promise<ReadonlyMap<number, LeftState>> => {
  const assemblers = log.assemblers({ group });
  const count = await assemblers.partitionCount();
  const found = new Map<number, LeftState>();
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const member = await assemblers.join(async (lease) => {
    try {
      found.set(lease.partition, await readLease(lease));
      if (found.size === count) resolve(undefined);
    } catch (error) {
      // A lease that was called back comes again with the next sharing.
      if (!lease.signal.aborted) reject(error instanceof Error ? error : new Error(String(error)));
    }
  });
  try {
    await promise;
  } finally {
    await member.leave();
  }
  return found;
};
