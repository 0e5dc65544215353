import type { Offset, StateEntry, StateStore } from '@kaizen-trace/ports';
import { dueOf, keyAt, traceAt } from '@kaizen-trace/ports';
import {
  afterPrefix,
  dueFrom,
  entryKey,
  entryKeyOfDueKey,
  latestDue,
  placeInEntryKey,
  timeInDueKey,
  traceKeys,
} from './keys.js';
import type { StateTables } from './state-tables.js';

/** How a view reads its tables. */
export interface ViewOptions {
  /** Runs one read, in this turn, on what is committed now; throws where the state may not be relied on. */
  readonly read: <Result>(run: () => Result) => Result;
  readonly settled: () => Offset;
  readonly distrust: () => boolean;
  readonly hurry: () => void;
}

const pageEntries = 1_000;
const pageBytes = 1024 * 1024;

interface Page {
  readonly entries: readonly StateEntry[];
  /** Where the next page begins; undefined after the last. */
  readonly next: Buffer | undefined;
}

/** Ends only between two traces; each entry of none counts as one. */
const pageFrom = ({ entries: table, prefix }: StateTables, start: Buffer): Page => {
  const entries: StateEntry[] = [];
  let size = 0;
  let trace: string | undefined;
  for (const { key, value } of table.getRange({ start, end: afterPrefix(prefix) })) {
    const place = placeInEntryKey(key, prefix);
    const itsTrace = traceAt(place);
    const isFull = entries.length >= pageEntries || size >= pageBytes;
    if (isFull && (itsTrace === undefined || itsTrace !== trace)) return { entries, next: Buffer.from(key) };
    entries.push({ key: keyAt(place), value });
    size += value.length;
    trace = itsTrace;
  }
  return { entries, next: undefined };
};

interface DueRow {
  readonly time: number;
  readonly place: string;
}

/**
 * The rows of due times that are still true, in their order. A row without its entry, or whose entry falls due at another
 * time, is passed over: only a missing row would be a mistake.
 */
function* dueRows(
  { entries, due, prefix }: StateTables,
  range: { readonly from: number; readonly to: number },
): Generator<DueRow, void, undefined> {
  if (range.from > range.to) return;
  const end = range.to < latestDue ? dueFrom(prefix, range.to + 1) : afterPrefix(prefix);
  for (const key of due.getKeys({ start: dueFrom(prefix, range.from), end })) {
    const time = timeInDueKey(key, prefix);
    const at = entryKeyOfDueKey(key, prefix);
    const value = entries.getBinaryFast(at);
    if (value === undefined) continue;
    const place = placeInEntryKey(at, prefix);
    if (dueOf(keyAt(place), value) === time) yield { time, place };
  }
}

const firstAfter = (time: number): number => Math.max(0, Math.floor(time) + 1);

const dueWithin = (
  tables: StateTables,
  { after, through, atMost }: Parameters<StateStore['due']>[0],
): ReturnType<StateStore['due']> => {
  const traces = new Set<string>();
  let last: number | undefined;
  let looked = 0;
  const range = { from: firstAfter(after), to: Math.min(Math.floor(through), latestDue) };
  for (const { time, place } of dueRows(tables, range)) {
    if (looked >= atMost && last !== undefined && time !== last)
      return { traces: [...traces], through: last };
    last = time;
    looked += 1;
    const trace = traceAt(place);
    if (trace !== undefined) traces.add(trace);
  }
  return { traces: [...traces], through };
};

const nextDueAfter = (tables: StateTables, after: number): number | undefined => {
  const range = { from: firstAfter(after), to: latestDue };
  for (const { time } of dueRows(tables, range)) return time;
  return undefined;
};

/** Reads a partition's state out of its tables, by keys and ranges only: no read costs more where there is more state. */
export const viewState = (
  tables: StateTables,
  { read, settled, distrust, hurry }: ViewOptions,
): StateStore => {
  const { entries, prefix } = tables;
  return {
    settled,
    distrust,
    hurry,
    get: (key) => read(() => entries.get(entryKey(prefix, key))),
    entriesOf: (trace) =>
      read(() => {
        const start = traceKeys(prefix, trace);
        const found: StateEntry[] = [];
        for (const { key, value } of entries.getRange({ start, end: afterPrefix(start) }))
          found.push({ key: keyAt(placeInEntryKey(key, prefix)), value });
        return found;
      }),
    due: (range) => read(() => dueWithin(tables, range)),
    nextDue: (after) => read(() => nextDueAfter(tables, after)),
    *all() {
      for (let from: Buffer | undefined = prefix; from !== undefined;) {
        const start: Buffer = from;
        const page = read(() => pageFrom(tables, start));
        if (page.entries.length > 0) yield page.entries;
        from = page.next;
      }
    },
  };
};
