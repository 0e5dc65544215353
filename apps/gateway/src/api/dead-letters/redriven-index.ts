import { offset, readRedriveMark, type LogReader, type ScanRange } from '@kaizen-trace/ports';

interface Coverage {
  /** Marks at and after it are known … */
  from: bigint;
  /** … up to here. */
  to: bigint;
  readonly redriven: Set<bigint>;
}

/** Knows which letters were brought back, by the marks behind them in the log; it reads each stretch once. */
export interface RedrivenIndex {
  /** Which letters of the partition from `from` on are marked as brought back, as of now. */
  since(partition: number, from: bigint): Promise<ReadonlySet<bigint>>;
}

/** An index that holds one number a marked letter that the log still has. */
export const createRedrivenIndex = (log: LogReader): RedrivenIndex => {
  const known = new Map<number, Coverage>();
  const turns = new Map<number, Promise<unknown>>();

  const readMarks = async (range: ScanRange, into: Set<bigint>): Promise<void> => {
    if (range.from >= range.to) return;
    for await (const { records } of log.scan(range)) {
      for (const record of records) {
        const letter = readRedriveMark(record);
        if (letter !== undefined) into.add(letter);
      }
    }
  };

  const extend = async (partition: number, from: bigint): Promise<ReadonlySet<bigint>> => {
    const { start, end } = await log.bounds(partition);
    const lowest = from < start ? start : from;
    const covered = known.get(partition) ?? { from: end, to: end, redriven: new Set<bigint>() };
    for (const letter of covered.redriven) if (letter < start) covered.redriven.delete(letter);
    const above = covered.to < start ? start : covered.to;
    await readMarks({ partition, from: offset(above), to: end }, covered.redriven);
    covered.to = end;
    if (lowest < covered.from) {
      await readMarks({ partition, from: offset(lowest), to: offset(covered.from) }, covered.redriven);
      covered.from = lowest;
    }
    known.set(partition, covered);
    return covered.redriven;
  };

  return {
    since: (partition, from) => {
      // One at a time a partition, whatever became of the one before.
      const turn = (turns.get(partition) ?? Promise.resolve())
        .catch(() => undefined)
        .then(() => extend(partition, from));
      turns.set(partition, turn);
      return turn;
    },
  };
};
