import type { PartitionState } from '@kaizen-trace/assembler-core';
import { countsOf, memoryOf, partitionSize, streamTimeOf } from '@kaizen-trace/assembler-core';
import type { Clock, Offset } from '@kaizen-trace/ports';
import type { Phase } from './lifecycle.js';
import { moveTo } from './lifecycle.js';
import type { AssemblerObserver, PartitionStatus } from './status.js';
import type { UnitBuilder } from './unit.js';

/** Keeps one partition's status and tells the observer what happens. The only place that knows the phase. */
export interface PartitionRecorder {
  status(): PartitionStatus;
  /** The state that is being folded; undefined while there is none that can be trusted. */
  state(): PartitionState | undefined;
  enter(phase: Phase): void;
  /** How far the restore has come. */
  restoring(done: number, total: number): void;
  restored(at: { readonly ms: number; readonly position: Offset; readonly state: PartitionState }): void;
  folded(nextOffset: Offset, state: PartitionState): void;
  deadLetter(offset: Offset, errorClass: string): void;
  committed(unit: UnitBuilder, now: number): void;
  ticked(): void;
  problem(type: 'retrying' | 'fenced' | 'halted', error: Error): void;
}

/** Phases in which what was restored is still the truth. */
const withState: readonly Phase[] = ['running', 'draining'];

const unknownYet = {
  phase: 'assigned',
  nextOffset: undefined,
  committedOffset: undefined,
  streamTime: undefined,
  counts: undefined,
  memory: undefined,
  restoring: undefined,
  problem: undefined,
} as const;

const restoredStatus = (state: PartitionState, position: Offset): Partial<PartitionStatus> => ({
  nextOffset: position,
  committedOffset: position,
  streamTime: streamTimeOf(state),
  counts: countsOf(state),
  restoring: undefined,
  problem: undefined,
});

const entriesOf = (state: PartitionState): number => {
  const { traces, open, held } = partitionSize(state);
  return traces + open + held;
};

/** A recorder in phase `assigned`. */
export const createRecorder = (
  partition: number,
  observer: AssemblerObserver,
  clock: Clock,
): PartitionRecorder => {
  let status: PartitionStatus = { partition, ...unknownYet };
  let held: PartitionState | undefined;
  let sealedAt: number = clock.now();
  const update = (part: Partial<PartitionStatus>): void => {
    status = { ...status, ...part };
  };
  return {
    status: () => ({ ...status, memory: held === undefined ? undefined : memoryOf(held) }),
    state: () => held,
    enter: (phase) => {
      update({ phase: moveTo(status.phase, phase) });
      if (!withState.includes(phase)) held = undefined;
      observer({ type: 'phase', partition, phase });
    },
    restoring: (done, total) => {
      update({ restoring: { done, total } });
      observer({ type: 'restoring', partition, done, total });
    },
    restored: ({ ms, position, state }) => {
      held = state;
      update(restoredStatus(state, position));
      observer({ type: 'restored', partition, entries: entriesOf(state), ms });
    },
    folded: (nextOffset, state) =>
      update({ nextOffset, streamTime: streamTimeOf(state), counts: countsOf(state) }),
    deadLetter: (offset, errorClass) => observer({ type: 'dead-letter', partition, offset, errorClass }),
    committed: (unit, now) => {
      update({ committedOffset: unit.nextOffset });
      const { recordCount: records, spanCount: spans, deadLetterCount: deadLetters } = unit;
      const ms = now - Math.max(sealedAt, unit.since);
      observer({ type: 'committed', partition, records, spans, deadLetters, ms });
      sealedAt = now;
    },
    ticked: () => observer({ type: 'tick', partition }),
    problem: (type, error) => {
      // What a failed commit leaves in memory is worth nothing.
      held = undefined;
      update({ problem: error });
      observer(type === 'halted' ? { type, partition, error } : { type, partition, cause: error });
    },
  };
};
