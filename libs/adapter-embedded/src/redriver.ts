import type { CommitOutcome, DeadLetterLog, Redriver, RedriveUnit } from '@kaizen-trace/ports';
import { asError, groupBy } from '@kaizen-trace/ports';
import { encodePieces, payloadBytes } from './chunk.js';
import { PartitionFencedError } from './errors.js';
import { streams } from './keys.js';
import type { Store } from './store.js';
import { StreamReader } from './stream-reader.js';

/** The number of the partition's newest redriver, which only grows. */
const epochKey = (partition: number): Buffer => Buffer.from(`redriver/${partition}`);

const epochOf = ({ env }: Store, partition: number): number =>
  Number(env.meta.get(epochKey(partition))?.toString() ?? 0);

const stage = ({ logs }: Store, partition: number, unit: RedriveUnit): void => {
  for (const [to, events] of groupBy(unit.events, (event) => event.partition))
    logs.stage(streams.events, to, encodePieces(events.map(({ record }) => record)));
  if (unit.marks.length > 0) logs.stage(streams.deadLetters, partition, encodePieces(unit.marks));
};

/** The dead letters of one directory, and the way back. */
export class EmbeddedDeadLetterLog extends StreamReader implements DeadLetterLog {
  readonly #store: Store;

  constructor(store: Store) {
    super(store, streams.deadLetters);
    this.#store = store;
  }

  async openRedriver(partition: number): Promise<Redriver> {
    const store = this.#store;
    const { epoch, bounds } = await store.write(0, () => {
      const next = epochOf(store, partition) + 1;
      void store.env.meta.put(epochKey(partition), Buffer.from(String(next)));
      const { start, end } = store.logs.head(streams.deadLetters, partition);
      return { epoch: next, bounds: { start, end } };
    });
    const commit = async (unit: RedriveUnit): Promise<CommitOutcome> => {
      const records = [...unit.events.map(({ record }) => record), ...unit.marks];
      const bytes = records.reduce((sum, record) => sum + payloadBytes(record), 0);
      try {
        const held = await store.write(bytes, () => {
          if (epochOf(store, partition) !== epoch) return false;
          stage(store, partition, unit);
          return true;
        });
        return held ? { type: 'committed' } : { type: 'fenced', cause: new PartitionFencedError(partition) };
      } catch (error) {
        return { type: 'retryable', cause: asError(error) };
      }
    };
    return { partition, bounds, commit, close: () => Promise.resolve() };
  }
}
