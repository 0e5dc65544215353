import type { StateChange } from '@kaizen-trace/assembler-core';
import type { StateEntry } from '@kaizen-trace/ports';
import { encodeStateChange, stateChangeKey } from './state-codec.js';

/** Changes of one unit, coalesced: of each key only the last counts. */
export interface PendingChanges {
  add(changes: readonly StateChange[]): void;
  entries(): readonly StateEntry[];
}

/** Whether the change begins an entry that the committed state cannot hold yet. */
const isBornIn = (change: StateChange, firstOffset: bigint): boolean =>
  change.type !== 'trace' && change.value !== undefined && change.value.offset >= firstOffset;

/**
 * `firstOffset` is where the unit begins: an operation that opened and closed within the unit was never written, so it
 * needs no tombstone either. With Kafka each record costs, and most operations are that short under load.
 */
export const createPendingChanges = (firstOffset: bigint): PendingChanges => {
  const last = new Map<string, { change: StateChange; born: boolean }>();
  return {
    add: (changes) => {
      for (const change of changes) {
        const key = stateChangeKey(change);
        const before = last.get(key);
        const born = before?.born ?? isBornIn(change, firstOffset);
        if (born && change.value === undefined) last.delete(key);
        else last.set(key, { change, born });
      }
    },
    entries: () => [...last.values()].map(({ change }) => encodeStateChange(change)),
  };
};
