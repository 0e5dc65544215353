import type { AppendOutcome, EventLog, NewRecord } from '@kaizen-trace/ports';
import { asError, groupBy, partitionOf } from '@kaizen-trace/ports';
import { encodePieces, payloadBytes } from './chunk.js';
import { streams } from './keys.js';
import type { Store } from './store.js';
import { StreamReader } from './stream-reader.js';

/** The event log of one directory. An append is on the disk when it answers. */
export class EmbeddedEventLog extends StreamReader implements EventLog {
  readonly #store: Store;
  readonly #maxRecordBytes: number;
  readonly #isOpen: () => boolean;

  constructor(store: Store, rules: { readonly maxRecordBytes: number; readonly isOpen: () => boolean }) {
    super(store, streams.events);
    this.#store = store;
    this.#maxRecordBytes = rules.maxRecordBytes;
    this.#isOpen = rules.isOpen;
  }

  async append(records: readonly NewRecord[]): Promise<AppendOutcome> {
    if (!this.#isOpen())
      return { type: 'unavailable', cause: new Error('the connection is closed; open the log again') };
    const limit = this.#maxRecordBytes;
    const index = records.findIndex((record) => payloadBytes(record) > limit);
    if (index >= 0)
      return { type: 'refused', index, reason: `the record is over the log's limit of ${limit} bytes` };
    if (records.length === 0) return { type: 'appended' };
    const { logs, partitions } = this.#store;
    const byPartition = groupBy(records, ({ key }) => partitionOf(key, partitions));
    const encoded = [...byPartition].map(([partition, group]) => [partition, encodePieces(group)] as const);
    const bytes = encoded.flatMap(([, pieces]) => pieces).reduce((sum, piece) => sum + piece.bytes.length, 0);
    try {
      await this.#store.write(bytes, () => {
        for (const [partition, pieces] of encoded) logs.stage(streams.events, partition, pieces);
      });
      return { type: 'appended' };
    } catch (error) {
      return { type: 'unavailable', cause: asError(error) };
    }
  }
}
