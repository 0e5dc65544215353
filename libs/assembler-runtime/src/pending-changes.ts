import type { StateChange } from '@kaizen-trace/assembler-core';
import { unreachable } from '@kaizen-trace/contracts';
import type { StateEntry } from '@kaizen-trace/ports';
import { encodeStateChange } from './state-codec.js';

/** Changes of one unit, coalesced: of each entry only the last counts. */
export interface PendingChanges {
  add(changes: readonly StateChange[]): void;
  /** Encodes the last change of each entry. */
  entries(): readonly StateEntry[];
}

type ChangeOf<Type extends StateChange['type']> = Extract<StateChange, { readonly type: Type }>;

/**
 * Of operations and held POSTs. One that opened and closed within the unit, at or after `firstOffset`, was never written,
 * so it needs no tombstone either: with Kafka each record costs, and under load most operations are that short.
 */
const note = <Change extends ChangeOf<'operation'> | ChangeOf<'held'>>(
  last: Map<bigint, Change>,
  change: Change,
  firstOffset: bigint,
): void => {
  if (change.value === undefined && change.offset >= firstOffset) last.delete(change.offset);
  else last.set(change.offset, change);
};

/** `firstOffset` is where the unit begins. */
export const createPendingChanges = (firstOffset: bigint): PendingChanges => {
  const traces = new Map<string, ChangeOf<'trace'>>();
  // By the offset of their record, which is unique in the partition and costs no key to build.
  const operations = new Map<bigint, ChangeOf<'operation'>>();
  const held = new Map<bigint, ChangeOf<'held'>>();
  return {
    add: (changes) => {
      for (const change of changes) {
        switch (change.type) {
          case 'trace':
            traces.set(change.traceId, change);
            break;
          case 'operation':
            note(operations, change, firstOffset);
            break;
          case 'held':
            note(held, change, firstOffset);
            break;
          default:
            unreachable(change);
        }
      }
    },
    entries: () => [...traces.values(), ...operations.values(), ...held.values()].map(encodeStateChange),
  };
};
