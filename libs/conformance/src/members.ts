import type {
  AssemblerLog,
  GroupMember,
  LeaseHolder,
  LogConnection,
  OwnedPartition,
  PartitionLease,
  SpanPartition,
  StateReader,
  UnitOfWork,
} from '@kaizen-trace/ports';
import { offset, untilAborted } from '@kaizen-trace/ports';
import type { ConformanceFixture, SuiteContext } from './fixture.js';
import { eventually } from './harness.js';

/** A member that holds what it is given until it is taken away. */
export interface Holding<Lease> {
  readonly member: GroupMember;
  readonly leases: ReadonlyMap<number, Lease>;
}

const holding = async <Lease extends { readonly partition: number; readonly signal: AbortSignal }>(
  join: (hold: (lease: Lease) => Promise<void>) => Promise<GroupMember>,
): Promise<Holding<Lease>> => {
  const leases = new Map<number, Lease>();
  const member = await join(async (lease) => {
    leases.set(lease.partition, lease);
    await untilAborted(lease.signal);
    leases.delete(lease.partition);
  });
  return { member, leases };
};

const group = 'conformance';

/** The assemblers' side of a connection, in the suite's one group. */
export const assemblersOf = (
  connection: LogConnection,
  fixture: ConformanceFixture,
  announcement?: string,
): AssemblerLog =>
  connection.assemblers({
    group,
    sessionTimeoutMs: fixture.sessionTimeoutMs,
    ...(announcement === undefined ? {} : { announcement }),
  });

/** The exporters' side of a connection, in the suite's one group of exporters. */
export const exportersOf = (
  connection: LogConnection,
  fixture: ConformanceFixture,
  announcement?: string,
): ReturnType<LogConnection['spans']> =>
  connection.spans({
    group: `${group}-export`,
    sessionTimeoutMs: fixture.sessionTimeoutMs,
    ...(announcement === undefined ? {} : { announcement }),
  });

/** The state of the suite's one group of assemblers, as somebody sees it who is no member. */
export const stateOf = (connection: LogConnection): StateReader => connection.state({ group });

/** Joins the assemblers and holds every partition that comes. */
export const holdInput = (
  connection: LogConnection,
  fixture: ConformanceFixture,
  announcement?: string,
): Promise<Holding<PartitionLease>> =>
  holding((hold: LeaseHolder) => assemblersOf(connection, fixture, announcement).join(hold));

/** Joins the exporters and holds every partition that comes. */
export const holdSpans = (
  connection: LogConnection,
  fixture: ConformanceFixture,
  announcement?: string,
): Promise<Holding<SpanPartition>> =>
  holding((hold: (partition: SpanPartition) => Promise<void>) =>
    exportersOf(connection, fixture, announcement).join(hold),
  );

/** Waits for the lease of one partition. */
export const leaseOf = async <Lease>(
  { leases }: Holding<Lease>,
  partition: number,
  { patienceMs }: SuiteContext,
): Promise<Lease> => {
  await eventually(`partition ${partition} is assigned`, patienceMs, () => leases.has(partition));
  return leases.get(partition)!;
};

/** Acquires, again while the log asks to retry, and fails where the partition is another's. */
export const acquire = async (
  lease: PartitionLease,
  { patienceMs }: SuiteContext,
): Promise<OwnedPartition> => {
  let owned: OwnedPartition | undefined;
  await eventually(`partition ${lease.partition} is acquired`, patienceMs, async () => {
    const outcome = await lease.acquire();
    if (outcome.type === 'fenced') throw outcome.cause;
    if (outcome.type === 'acquired') owned = outcome.owned;
    return owned !== undefined;
  });
  return owned!;
};

/** A unit with nothing but what is given. */
export const unit = (parts: Partial<UnitOfWork> & { readonly next: bigint }): UnitOfWork => ({
  spans: parts.spans ?? [],
  appendedAt: parts.appendedAt,
  state: parts.state ?? [],
  deadLetters: parts.deadLetters ?? [],
  nextOffset: offset(parts.next),
});

/** Commits, and fails unless the log says that it did. */
export const commit = async (owned: OwnedPartition, work: UnitOfWork): Promise<void> => {
  const outcome = await owned.commit(work);
  if (outcome.type !== 'committed')
    throw new Error(`commit ended as ${outcome.type}`, { cause: outcome.cause });
};

/** Everything that `restore` gives; fails where a key comes twice. */
export const restored = async (owned: OwnedPartition): Promise<ReadonlyMap<string, Uint8Array>> => {
  const state = new Map<string, Uint8Array>();
  const store = await owned.restore();
  for (const entries of store.all()) {
    for (const { key, value } of entries) {
      if (value === null) throw new Error(`restore gave a tombstone: ${key}`);
      if (state.has(key)) throw new Error(`restore gave a key twice: ${key}`);
      state.set(key, value);
    }
  }
  return state;
};
