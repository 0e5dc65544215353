import type { SavedEntry, SavedTraces, StateChange } from '@kaizen-trace/assembler-core';
import { millis } from '@kaizen-trace/contracts';
import type { StateEntry, StateStore } from '@kaizen-trace/ports';
import { UnreadableStateError } from './errors.js';
import { decodeStateEntry, partitionRecordKey } from './state-codec.js';
import { escapeTraceId, unescapeTraceId } from './state-keys.js';

/**
 * The traces of a partition as its store has them. Every call throws UnreadableStateError where the store holds what this
 * release cannot read.
 */
export const savedTracesIn = (store: StateStore, partition: number): SavedTraces => {
  const changeOf = (key: string, value: Uint8Array): StateChange => {
    const decoded = decodeStateEntry(key, value);
    if (decoded.type === 'decoded') return decoded.change;
    throw new UnreadableStateError(`partition ${partition}: state entry: ${decoded.reason}`);
  };
  const entriesOf = (entries: readonly StateEntry[]): SavedEntry[] =>
    entries.flatMap(({ key, value }) =>
      value === null || key === partitionRecordKey
        ? []
        : [{ change: changeOf(key, value), bytes: value.length }],
    );
  return {
    load: (traceId) => entriesOf(store.entriesOf(escapeTraceId(traceId))),
    due: (range) => {
      const { traces, through } = store.due(range);
      return { traceIds: traces.map(unescapeTraceId), through: millis(through) };
    },
    nextDue: (after) => {
      const next = store.nextDue(after);
      return next === undefined ? undefined : millis(next);
    },
    *all(): Generator<StateChange> {
      for (const entries of store.all()) for (const { change } of entriesOf(entries)) yield change;
    },
  };
};
