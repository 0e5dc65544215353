import { ahead, cell, type Shared } from './cells.js';
import type { PublisherStats } from './publisher.js';

type Known = Pick<
  PublisherStats,
  'accepted' | 'blocked' | 'rejected' | 'bufferedBytes' | 'spooledBytes' | 'restarts' | 'lastProblem'
>;

/** The agent's own counts, with those of the sender. */
export const statsOf = ({ cells, counters }: Shared, known: Known): PublisherStats => {
  const load = (index: number): number => Atomics.load(cells, index);
  const dropped = load(cell.droppedEvents);
  return {
    ...known,
    delivered: counters.read('delivered'),
    refused: counters.read('refused'),
    dropped: (dropped >>> 0) - counters.read('rescued'),
    buffered: ahead(load(cell.putEvents), dropped + load(cell.takenEvents)),
    retries: counters.read('retries'),
    possiblyRepeated: counters.read('possiblyRepeated'),
    adopted: {
      delivered: counters.read('adoptedDelivered'),
      refused: counters.read('adoptedRefused'),
      tornTails: counters.read('tornTails'),
    },
    isAway: load(cell.away) === 1,
  };
};
