import { readPartitionRecord, type StateOwner } from '@kaizen-trace/assembler-runtime';
import type { LogConnection, StateReader } from '@kaizen-trace/ports';
import { setTimeout as sleep } from 'node:timers/promises';

/** How far the assemblers are behind the log, in all partitions together. */
export interface Lag {
  /** Records that no assembler has folded; ticks count too. */
  readonly records: bigint;
  /** Whether any partition was folded further between two looks; true where nothing is left. */
  readonly moving: boolean;
}

/** The next record that the assemblers' own state says will be folded; the log's start where it says nothing. */
export const nextToFold = async (
  { events, state }: { readonly events: LogConnection['events']; readonly state: StateReader },
  partition: number,
  owner: StateOwner,
): Promise<bigint> => {
  const record = await readPartitionRecord(state, partition, owner);
  return record?.nextOffset ?? (await events.bounds(partition)).start;
};

const betweenLooksMs = 1_500;

/** Looks at the log's ends and at the assemblers' positions, twice where something is left. */
export const readLag = async (
  log: Pick<LogConnection, 'events' | 'state'>,
  owner: StateOwner,
): Promise<Lag> => {
  const source = { events: log.events, state: log.state({ group: owner.group }) };
  const partitions = Array.from({ length: await log.events.partitionCount() }, (_, partition) => partition);
  const look = async () => {
    const positions = await Promise.all(partitions.map((each) => nextToFold(source, each, owner)));
    const bounds = await Promise.all(partitions.map((each) => log.events.bounds(each)));
    const left = bounds.map(({ end }, at) => (end > positions[at]! ? end - positions[at]! : 0n));
    return { positions, records: left.reduce((sum, each) => sum + each, 0n) };
  };
  const first = await look();
  if (first.records === 0n) return { records: 0n, moving: true };
  await sleep(betweenLooksMs);
  const second = await look();
  const moving = second.records === 0n || second.positions.some((each, at) => each > first.positions[at]!);
  return { records: second.records, moving };
};
