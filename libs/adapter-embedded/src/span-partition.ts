import type { SpanPartition } from '@kaizen-trace/ports';
import { offset } from '@kaizen-trace/ports';
import { encodePieces, payloadBytes } from './chunk.js';
import { PartitionFencedError } from './errors.js';
import { streams } from './keys.js';
import type { HeldClaim } from './membership.js';
import type { GroupContext } from './owned-partition.js';
import { boundsOf, follow } from './stream-reader.js';

/** The exporter's view of a span partition. Its claim fences: after it, no former holder moves the position. */
export const spanPartitionOf = ({ store, table }: GroupContext, claim: HeldClaim): SpanPartition => {
  const { partition } = claim;
  const position = store.read(() => table.position(partition));
  return {
    partition,
    signal: claim.signal,
    committedOffset: position === undefined ? undefined : offset(position),
    bounds: boundsOf(store, streams.spans, partition),
    read: (from) => follow(store, { stream: streams.spans, partition, from }, claim.reading),
    acknowledge: async ({ nextOffset, deadLetters }) => {
      const letters = encodePieces(deadLetters);
      const bytes = deadLetters.reduce((sum, letter) => sum + payloadBytes(letter), 0);
      const held = await store.write(bytes, () => {
        if (!table.holds(claim.memberId, claim)) return false;
        if (letters.length > 0) store.logs.stage(streams.deadLetters, partition, letters);
        table.setPosition(partition, nextOffset);
        return true;
      });
      if (!held) throw new PartitionFencedError(partition);
    },
  };
};
