import type { Millis } from '@kaizen-trace/contracts';
import { millis } from '@kaizen-trace/contracts';
import type { Counts } from './counts.js';
import { zeroCounts } from './counts.js';
import type { SavedTraces } from './entries.js';
import type { Sha256Hex } from './identity.js';
import type { AssemblySettings, CompiledSettings } from './settings.js';
import { compileSettings, sameSettings } from './settings.js';
import type { Partition, PartitionState } from './state.js';

/** Where a saved state stands, kept in the partition's own record beside its entries. */
export interface PartitionPosition {
  readonly streamTime: Millis;
  /** What `countsOf` gave. */
  readonly counts: Counts;
  /** What `settingsTable` gave. */
  readonly settingsTable: readonly AssemblySettings[];
}

/** What a restart takes up. */
export interface SavedPartition {
  readonly traces: SavedTraces;
  /** Undefined where nothing was saved yet. */
  readonly position: PartitionPosition | undefined;
}

/** Settings that nothing refers to any more are looked for, entry by entry, only in a table as long as this. */
const longTable = 16;

/** The table with a place for `settings`: their own, one that no entry refers to any more, or a new one. */
const withSettings = (
  table: readonly AssemblySettings[],
  settings: AssemblySettings,
  traces: SavedTraces,
): { readonly compiled: CompiledSettings[]; readonly current: CompiledSettings } => {
  const compiled = table.map(compileSettings);
  const same = compiled.find((each) => sameSettings(table[each.index]!, settings));
  if (same !== undefined) return { compiled, current: same };
  let place = table.length;
  if (table.length >= longTable) {
    const used = new Set<number>();
    for (const { value } of traces.all()) if (value !== undefined) used.add(value.settings);
    const unused = table.findIndex((_, index) => !used.has(index));
    if (unused >= 0) place = unused;
  }
  const current = compileSettings(settings, place);
  compiled[place] = current;
  return { compiled, current };
};

const partitionOf = (
  parts: Pick<Partition, 'sha256' | 'settings' | 'current' | 'saved' | 'totals' | 'streamTime'>,
): Partition => ({
  ...parts,
  traces: new Map(),
  forgotten: new Map(),
  lookedThrough: millis(0),
  savedDue: parts.saved?.nextDue(millis(0)) ?? Number.POSITIVE_INFINITY,
  weight: 0,
  asideBefore: -1n,
  timers: [],
});

/** An empty partition at stream time 0, all of it in memory. */
export const createPartition = (settings: AssemblySettings, sha256: Sha256Hex): PartitionState => {
  const current = compileSettings(settings, 0);
  const totals = zeroCounts();
  return partitionOf({
    sha256,
    settings: [current],
    current,
    saved: undefined,
    totals,
    streamTime: millis(0),
  });
};

/**
 * The partition that was saved, going on with `settings` for what opens from now on. Its traces are fetched when they are
 * needed, and may be put aside again: `putTracesAside`.
 */
export const resumePartition = (
  settings: AssemblySettings,
  sha256: Sha256Hex,
  { traces, position }: SavedPartition,
): PartitionState => {
  const { compiled, current } = withSettings(position?.settingsTable ?? [], settings, traces);
  return partitionOf({
    sha256,
    settings: compiled,
    current,
    saved: traces,
    totals: { ...(position?.counts ?? zeroCounts()) },
    streamTime: position?.streamTime ?? millis(0),
  });
};
