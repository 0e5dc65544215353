import { setTimeout as sleep } from 'node:timers/promises';
import { heldByCounts, openByCounts } from '@kaizen-trace/assembler-core';
import { readPartitionRecord, type StateOwner } from '@kaizen-trace/assembler-runtime';
import type { LogConnection } from '@kaizen-trace/ports';

export interface DrainOptions {
  /** A way to the log that no fault touches. */
  readonly log: LogConnection;
  readonly owner: StateOwner;
  readonly partitions: number;
  readonly limitMs: number;
}

/** Why a partition has not come to rest; undefined where it has. */
const unrestOf = async ({ log, owner }: DrainOptions, partition: number): Promise<string | undefined> => {
  const { start, end } = await log.events.bounds(partition);
  const record = await readPartitionRecord(log.state({ group: owner.group }), partition, owner);
  if (record === undefined) return end > start ? `${partition}: nothing committed of ${end}` : undefined;
  if (record.nextOffset !== end) return `${partition}: at ${record.nextOffset} of ${end}`;
  const open = openByCounts(record.counts);
  const held = heldByCounts(record.counts);
  return open + held > 0 ? `${partition}: ${open} open, ${held} held` : undefined;
};

/**
 * Waits until every partition has committed its whole input, and nothing is open or held: ticks close what no event
 * will.
 *
 * @throws Error naming the partitions that did not come to rest within `limitMs`.
 */
export const drain = async (options: DrainOptions): Promise<void> => {
  const deadline = Date.now() + options.limitMs;
  for (let calm = 0; ;) {
    const unrest: string[] = [];
    for (let partition = 0; partition < options.partitions; partition += 1) {
      const found = await unrestOf(options, partition);
      if (found !== undefined) unrest.push(found);
    }
    calm = unrest.length === 0 ? calm + 1 : 0;
    if (calm === 3) return;
    if (Date.now() > deadline)
      throw new Error(`not at rest within ${options.limitMs / 1000} s: ${unrest.join('; ')}`);
    await sleep(1000);
  }
};
