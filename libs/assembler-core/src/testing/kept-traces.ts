import type { Millis } from '@kaizen-trace/contracts';
import type { Sha256Hex } from '../identity.js';
import type {
  AssemblySettings,
  PartitionPosition,
  PartitionState,
  SavedEntry,
  SavedTraces,
  StateChange,
} from '../index.js';
import { countsOf, resumePartition, settingsTable, streamTimeOf } from '../index.js';

/** In memory an entry also has its place among the others; a store has the entry alone. */
const memoryOnly = new Set([
  'trace',
  'compiled',
  'timer',
  'older',
  'newer',
  'open',
  'held',
  'weight',
  'changedAt',
  'staysInMemory',
]);

/** Entries as a store would have them. */
export const copied = (entries: Iterable<StateChange>): StateChange[] =>
  [...entries].map((change) => {
    if (change.value === undefined) return change;
    const stored = Object.entries(change.value).filter(([key]) => !memoryOnly.has(key));
    return { ...change, value: structuredClone(Object.fromEntries(stored)) } as unknown as StateChange;
  });

/** The same for all changes of one entry. */
export const keyOf = (change: StateChange): string =>
  `${change.type} ${change.traceId} ${change.type === 'trace' ? '' : change.offset}`;

/** Saved traces in a map. What is kept is a copy, as on a disk. */
export class KeptTraces implements SavedTraces {
  readonly entries = new Map<string, StateChange>();
  /** How often a trace was asked for. */
  loads = 0;

  keep(changes: Iterable<StateChange>): void {
    for (const change of copied(changes)) {
      if (change.value === undefined) this.entries.delete(keyOf(change));
      else this.entries.set(keyOf(change), change);
    }
  }

  load(traceId: string): readonly SavedEntry[] {
    this.loads += 1;
    return copied([...this.entries.values()].filter((change) => change.traceId === traceId)).map(
      (change) => ({ change, bytes: 100 }),
    );
  }

  due({ after, through, atMost }: { after: Millis; through: Millis; atMost: number }): {
    readonly traceIds: readonly string[];
    readonly through: Millis;
  } {
    const rows = this.#rows().filter(([due]) => due > after && due <= through);
    const last = rows[atMost - 1]?.[0];
    const taken = last === undefined ? rows : rows.filter(([due]) => due <= last);
    return { traceIds: [...new Set(taken.map(([, traceId]) => traceId))], through: last ?? through };
  }

  nextDue(after: Millis): Millis | undefined {
    return this.#rows().find(([due]) => due > after)?.[0];
  }

  all(): Iterable<StateChange> {
    return copied(this.entries.values());
  }

  #rows(): readonly (readonly [due: Millis, traceId: string])[] {
    return [...this.entries.values()]
      .flatMap(({ traceId, value }) => (value?.due === undefined ? [] : [[value.due, traceId] as const]))
      .sort(([a], [b]) => a - b);
  }
}

/** Where a state stands. */
export const positionOf = (state: PartitionState): PartitionPosition => ({
  streamTime: streamTimeOf(state),
  counts: countsOf(state),
  settingsTable: settingsTable(state),
});

/** The partition that these entries describe, none of it in memory yet. */
export const restorePartition = (
  settings: AssemblySettings,
  sha256: Sha256Hex,
  { changes, position }: { readonly changes: Iterable<StateChange>; readonly position: PartitionPosition },
): PartitionState => {
  const traces = new KeptTraces();
  traces.keep(changes);
  return resumePartition(settings, sha256, { traces, position });
};
