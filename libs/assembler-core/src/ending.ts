import type { FoldOutput, Folding } from './assemble.js';
import { apply, finish } from './assemble.js';
import type { StateChange } from './entries.js';
import { saveTrace, settle } from './evolve.js';
import { crowdOut, decideDue, giveUp } from './expire.js';
import type { Decision } from './facts.js';
import { allHeld } from './held-posts.js';
import { oldestFirst } from './open-operations.js';
import type { HeldPost, OpenOperation, Partition, PartitionState, Trace } from './state.js';

const nothing: FoldOutput = { spans: [], changes: [] };

const ended = (partition: Partition, trace: Trace, decision: Decision): FoldOutput => {
  const folding: Folding = {
    partition,
    offset: trace.lastOffset,
    spans: [],
    changes: [],
    counts: partition.totals,
  };
  apply(folding, decision);
  settle(partition, trace);
  if (trace.due !== undefined) saveTrace(folding, trace);
  return finish(folding);
};

/**
 * Makes room: ends one entry that `snapshotEntries` gave of a trace in memory. An operation ends as one that another of
 * its trace crowded out, a held POST becomes an orphan, a trace with nothing open or held is forgotten. Does nothing where
 * it has ended meanwhile. For a state that no log stands behind; a partition of a log would depend on more than its records.
 */
export const endEarly = (state: PartitionState, { type, value }: StateChange): FoldOutput => {
  const partition = state as Partition;
  // Whatever has ended, and a trace that is in use, has no deadline.
  const live = value as OpenOperation | HeldPost | Trace | undefined;
  if (live?.timer === undefined) return nothing;
  if (type === 'operation') {
    const operation = live as OpenOperation;
    return ended(partition, operation.trace, crowdOut(operation));
  }
  if (type === 'held') {
    const held = live as HeldPost;
    return ended(partition, held.trace, decideDue({ type: 'held', held }));
  }
  const folding: Folding = { partition, offset: 0n, spans: [], changes: [], counts: partition.totals };
  apply(folding, decideDue({ type: 'trace', trace: live as Trace }));
  return finish(folding);
};

/**
 * Ends everything that is open or held, one entry a step: operations as abandoned with `message` as their status, the
 * oldest of each trace first, held POSTs as orphans. The traces stay remembered. What is folded between two steps may or
 * may not be among it. For a state that no log stands behind, as {@link endEarly}.
 */
export function* endAll(state: PartitionState, message: string): Generator<FoldOutput> {
  const partition = state as Partition;
  for (const trace of partition.traces.values()) {
    for (const operation of [...oldestFirst(trace.open)])
      if (operation.timer !== undefined) yield ended(partition, trace, giveUp(operation, message));
    for (const held of [...allHeld(trace.held)])
      if (held.timer !== undefined) yield ended(partition, trace, decideDue({ type: 'held', held }));
  }
}
