/** Where the partitions that are exported now stand. */
export interface ExportPositions {
  /** From `nextOffset` on, nothing of the partition is settled. */
  at(partition: number, nextOffset: bigint): void;
  /** The partition is exported here no longer. */
  gone(partition: number): void;
  /** In the order of the partitions. */
  all(): readonly { readonly partition: number; readonly nextOffset: bigint }[];
}

/** Positions of no partition yet. */
export const createPositions = (): ExportPositions => {
  const known = new Map<number, bigint>();
  return {
    at: (partition, nextOffset) => void known.set(partition, nextOffset),
    gone: (partition) => void known.delete(partition),
    all: () =>
      [...known]
        .map(([partition, nextOffset]) => ({ partition, nextOffset }))
        .sort((a, b) => a.partition - b.partition),
  };
};
