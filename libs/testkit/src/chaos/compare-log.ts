import type { StateOwner } from '@kaizen-trace/assembler-runtime';
import type { LogConnection } from '@kaizen-trace/ports';
import { comparePartition, type PartitionFindings } from './compare-partition.js';
import { readLeftState } from './read-state.js';

export interface CompareLogOptions {
  readonly log: LogConnection;
  readonly owner: StateOwner;
  /** Keys of the events that the log has acknowledged. */
  readonly acknowledged: ReadonlySet<string>;
}

/** What was found of a whole log. */
export interface LogFindings {
  readonly partitions: readonly PartitionFindings[];
  /** Acknowledged events that are not in the log. */
  readonly missingEvents: readonly string[];
  /** Ids of the spans on the topic, by trace, as Jaeger shows them. */
  readonly traces: ReadonlyMap<string, ReadonlySet<string>>;
}

type Lists = 'lost' | 'twice' | 'different' | 'refolded' | 'extra' | 'counters' | 'state';

/** Each promise about the log, and what breaks it: all lists are empty where every promise was kept. */
export const differencesInLog = ({
  partitions,
  missingEvents,
}: Pick<LogFindings, 'partitions' | 'missingEvents'>): Readonly<Record<string, readonly string[]>> => {
  const all = (list: Lists): readonly string[] => partitions.flatMap((findings) => findings[list]);
  return {
    'acknowledged events not in the log': missingEvents,
    'spans lost': all('lost'),
    'spans twice on the topic': all('twice'),
    'spans different from an undisturbed fold': all('different'),
    'spans that the fold itself repeats': all('refolded'),
    'spans that no fold gives': all('extra'),
    'counters that differ or do not add up': all('counters'),
    'state entries that differ': all('state'),
  };
};

/** Whether a partition is just what an undisturbed fold of it gives. */
export const isAsFolded = (findings: PartitionFindings): boolean =>
  Object.values(differencesInLog({ partitions: [findings], missingEvents: [] })).every(
    ({ length }) => length === 0,
  );

/**
 * Compares spans, state, positions and counters of every partition with an undisturbed fold of the very same log. To be
 * called when every member of the group has left.
 */
export const compareLog = async ({ log, owner, acknowledged }: CompareLogOptions): Promise<LogFindings> => {
  const states = await readLeftState(log, owner.group);
  const missing = new Set(acknowledged);
  const traces = new Map<string, Set<string>>();
  const partitions: PartitionFindings[] = [];
  const exported = (traceId: string, spanId: string): void => {
    const known = traces.get(traceId);
    if (known === undefined) traces.set(traceId, new Set([spanId]));
    else known.add(spanId);
  };
  const count = await log.events.partitionCount();
  for (let partition = 0; partition < count; partition += 1) {
    const left = states.get(partition);
    const seen = (key: string): void => void missing.delete(key);
    partitions.push(await comparePartition({ log, owner, left, seen, exported }, partition));
  }
  return { partitions, missingEvents: [...missing], traces };
};
