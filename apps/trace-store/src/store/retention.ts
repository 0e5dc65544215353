import type { TraceDatabase } from './database.js';
import { usedBytes } from './database.js';
import { ageKey, indexedEntry, part, partKey, readMillis, stampMs } from './keys.js';
import type { Names } from './names.js';

/** Keys that one step of the sweep removes, at most: it shares the transaction with nobody, but others wait. */
const stepKeys = 5_000;

/** How long and how much is kept. */
export interface RetentionLimits {
  /** Milliseconds since a trace was last written to; Infinity keeps it for ever. */
  readonly retentionMs: number;
  /** Bytes in use above which the traces go that were left alone the longest. */
  readonly maxBytes: number;
}

/** What one step of the sweep did. */
export interface SweepStep {
  /** Traces that are gone now. */
  readonly removedTraces: number;
  /** Whether another step has work to do now. */
  readonly more: boolean;
}

interface Aged {
  readonly key: Buffer;
  readonly trace: Buffer;
  readonly since: number;
}

function* aged(database: TraceDatabase): Generator<Aged> {
  for (const { key } of database.ages.getRange({})) {
    yield { key, trace: key.subarray(6), since: readMillis(key, 0) };
  }
}

/** Removes keys of a trace, the index first; returns how many went and whether that was all. */
const removeTrace = (
  database: TraceDatabase,
  trace: Buffer,
  limit: number,
): { keys: number; done: boolean } => {
  const range = { start: partKey(trace, part.indexed), end: partKey(trace, part.span + 1), limit };
  const keys = [...database.traces.getKeys(range)];
  for (const key of keys) {
    if (key[16] === part.indexed) void database.index.remove(indexedEntry(key));
    void database.traces.remove(key);
  }
  return { keys: keys.length, done: keys.length < limit };
};

/**
 * One small step of retention, to be called inside a transaction: removes traces that were last written to too long ago,
 * or, above the size, those left alone the longest. A trace that is still written to has its turn later.
 */
export const sweepStep = (
  store: { readonly database: TraceDatabase; readonly names: Names },
  limits: RetentionLimits,
  now: number,
): SweepStep => {
  const { database } = store;
  let isOver = usedBytes(database) > limits.maxBytes;
  let left = stepKeys;
  let removedTraces = 0;
  for (const { key, trace, since } of [...firstOf(aged(database), stepKeys)]) {
    if (left <= 0) return { removedTraces, more: true };
    if (!isOver && now - since < limits.retentionMs + stampMs) return { removedTraces, more: false };
    left--;
    const header = partKey(trace, part.header);
    const stamped = database.traces.get(header);
    const written = stamped === undefined ? since : readMillis(stamped, 0);
    if (written > since) {
      void database.ages.remove(key);
      void database.ages.put(ageKey(written, trace), Buffer.alloc(0));
      continue;
    }
    const { keys, done } = removeTrace(database, trace, left);
    left -= keys;
    if (!done) return { removedTraces, more: true };
    void database.traces.remove(header);
    void database.ages.remove(key);
    removedTraces++;
    isOver &&= usedBytes(database) > limits.maxBytes;
  }
  return { removedTraces, more: left < stepKeys };
};

function* firstOf<T>(values: Iterable<T>, limit: number): Generator<T> {
  let count = 0;
  for (const value of values) {
    if (count++ >= limit) return;
    yield value;
  }
}

/** Removes names that no trace can have any more, to be called inside a transaction; returns how many went. */
export const sweepNames = (
  store: { readonly database: TraceDatabase; readonly names: Names },
  now: number,
): number => {
  const [oldest] = firstOf(aged(store.database), 1);
  return store.names.removeUnseen(oldest?.since ?? now, stepKeys);
};
