import type {
  AcquireOutcome,
  AssemblerLog,
  CommitOutcome,
  OwnedPartition,
  PartitionLease,
  RecordBatch,
  UnitOfWork,
} from '@kaizen-trace/ports';

/** What goes wrong at one port call. A commit can fail before its effect, or after it with the answer lost. */
export type Fault = 'acquire' | 'restore' | 'read' | 'commit-before' | 'commit-after' | 'close' | 'tick';

/**
 * Breaks one port call of an assembler's life: the `at`-th of all calls, counted from 1. Run a scenario with `at` 1, 2, 3 …
 * until `fired` stays undefined, and every call has failed once.
 */
export interface FaultPlan {
  readonly at: number;
  /** Which call the fault hit; undefined while it has not. */
  fired(): Fault | undefined;
  /** Counts one call; whether it is the one to break. */
  strikes(call: Fault): boolean;
}

/** A plan that breaks the `at`-th call. */
export const faultPlan = (at: number): FaultPlan => {
  let calls = 0;
  let fired: Fault | undefined;
  return {
    at,
    fired: () => fired,
    strikes: (call) => {
      calls += 1;
      if (calls !== at) return false;
      fired = call;
      return true;
    },
  };
};

const injected = (call: Fault): Error => new Error(`injected fault at ${call}`);

const failCommit = async (
  owned: OwnedPartition,
  unit: UnitOfWork,
  plan: FaultPlan,
): Promise<CommitOutcome> => {
  if (plan.strikes('commit-before')) return { type: 'retryable', cause: injected('commit-before') };
  const outcome = await owned.commit(unit);
  return plan.strikes('commit-after') ? { type: 'retryable', cause: injected('commit-after') } : outcome;
};

async function* breakable<Item>(
  items: AsyncIterable<Item>,
  plan: FaultPlan,
  call: Fault,
): AsyncIterable<Item> {
  for await (const item of items) {
    if (plan.strikes(call)) throw injected(call);
    yield item;
  }
}

const breakOwned = (owned: OwnedPartition, plan: FaultPlan): OwnedPartition => ({
  partition: owned.partition,
  committedOffset: owned.committedOffset,
  bounds: owned.bounds,
  restore: async (progress) => {
    if (plan.strikes('restore')) throw injected('restore');
    return owned.restore(progress);
  },
  read: (from): AsyncIterable<RecordBatch> => breakable(owned.read(from), plan, 'read'),
  commit: (unit) => failCommit(owned, unit, plan),
  appendTick: async () => {
    if (plan.strikes('tick')) throw injected('tick');
    await owned.appendTick();
  },
  close: async () => {
    await owned.close();
    if (plan.strikes('close')) throw injected('close');
  },
});

const breakLease = (lease: PartitionLease, plan: FaultPlan): PartitionLease => ({
  partition: lease.partition,
  signal: lease.signal,
  acquire: async (): Promise<AcquireOutcome> => {
    if (plan.strikes('acquire')) return { type: 'retryable', cause: injected('acquire') };
    const outcome = await lease.acquire();
    return outcome.type === 'acquired'
      ? { type: 'acquired', owned: breakOwned(outcome.owned, plan) }
      : outcome;
  },
});

/** The same log, with one call that fails by the plan. */
export const withFault = (log: AssemblerLog, plan: FaultPlan): AssemblerLog => ({
  partitionCount: () => log.partitionCount(),
  members: () => log.members(),
  join: (hold) => log.join((lease) => hold(breakLease(lease, plan))),
});
