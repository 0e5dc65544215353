import { setImmediate } from 'node:timers/promises';
import type {
  AcquireOutcome,
  CommitOutcome,
  LogBounds,
  Offset,
  OwnedPartition,
  PartitionLease,
  RecordBatch,
  StateEntry,
  UnitOfWork,
} from '@kaizen-trace/ports';
import { asError, offset, tickHeader } from '@kaizen-trace/ports';
import { encodePieces, payloadBytes } from './chunk.js';
import { PartitionFencedError } from './errors.js';
import type { GroupTable } from './group-table.js';
import { afterPrefix, statePrefix, stateKey, streams } from './keys.js';
import type { HeldClaim } from './membership.js';
import type { Store } from './store.js';
import { follow } from './stream-reader.js';

/** What the partitions of one group have in common. */
export interface GroupContext {
  readonly store: Store;
  readonly table: GroupTable;
  readonly group: string;
}

const pageEntries = 1_000;
const pageBytes = 1024 * 1024;
const emptyValue = new Uint8Array(0);
const tickPieces = encodePieces([{ key: null, value: emptyValue, headers: [[tickHeader, emptyValue]] }]);

interface Acquired {
  readonly epoch: number;
  readonly committedOffset: Offset | undefined;
  readonly bounds: LogBounds;
}

/** One epoch of a partition. A newer epoch, by whichever process, fences it inside of its next transaction. */
class EmbeddedPartition implements OwnedPartition {
  readonly partition: number;
  readonly committedOffset: Offset | undefined;
  readonly bounds: LogBounds;
  readonly #context: GroupContext;
  readonly #claim: HeldClaim;
  readonly #epoch: number;
  readonly #prefix: Buffer;
  readonly #closed = new AbortController();

  constructor(context: GroupContext, claim: HeldClaim, acquired: Acquired) {
    this.partition = claim.partition;
    this.committedOffset = acquired.committedOffset;
    this.bounds = acquired.bounds;
    this.#context = context;
    this.#claim = claim;
    this.#epoch = acquired.epoch;
    this.#prefix = statePrefix(context.group, claim.partition);
  }

  async *restore(): AsyncIterable<readonly StateEntry[]> {
    let page: StateEntry[];
    let from = this.#prefix;
    do {
      page = [];
      let size = 0;
      const start = from;
      this.#context.store.read(() => {
        const range = { start, end: afterPrefix(this.#prefix), limit: pageEntries };
        for (const { key, value } of this.#context.store.env.state.getRange(range)) {
          page.push({ key: key.toString('utf8', this.#prefix.length), value });
          // The next page begins at the least key after this one.
          from = Buffer.concat([key, Buffer.of(0)]);
          size += value.length;
          if (size >= pageBytes) break;
        }
      });
      if (page.length > 0) yield page;
      await setImmediate();
    } while (page.length > 0);
  }

  read(from: Offset): AsyncIterable<RecordBatch> {
    const signal = AbortSignal.any([this.#claim.reading, this.#closed.signal]);
    return follow(this.#context.store, { stream: streams.events, partition: this.partition, from }, signal);
  }

  async commit(unit: UnitOfWork): Promise<CommitOutcome> {
    const { store, table } = this.#context;
    const spans = encodePieces(unit.spans.map((value) => ({ key: null, value })));
    const letters = encodePieces(unit.deadLetters);
    const entries = unit.state.map(({ key, value }) => ({ key: stateKey(this.#prefix, key), value }));
    const write = (): boolean => {
      const held = { ...this.#claim, epoch: this.#epoch };
      if (!table.holds(this.#claim.memberId, held)) return false;
      if (spans.length > 0) store.logs.stage(streams.spans, this.partition, spans);
      if (letters.length > 0) store.logs.stage(streams.deadLetters, this.partition, letters);
      for (const { key, value } of entries) {
        if (value === null) void store.env.state.remove(key);
        else void store.env.state.put(key, asBuffer(value));
      }
      table.setPosition(this.partition, unit.nextOffset);
      return true;
    };
    try {
      const committed = await store.write(weightOf(unit), write);
      if (committed) return { type: 'committed' };
      return { type: 'fenced', cause: new PartitionFencedError(this.partition) };
    } catch (error) {
      return { type: 'retryable', cause: asError(error) };
    }
  }

  async appendTick(): Promise<void> {
    const { store } = this.#context;
    await store.write(0, () => store.logs.stage(streams.events, this.partition, tickPieces));
  }

  close(): Promise<void> {
    this.#closed.abort();
    return Promise.resolve();
  }
}

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const entryWeight = 200;

const weightOf = ({ spans, deadLetters, state }: UnitOfWork): number =>
  spans.reduce((sum, span) => sum + span.length, 0) +
  deadLetters.reduce((sum, letter) => sum + payloadBytes(letter), 0) +
  state.reduce((sum, { value }) => sum + entryWeight + (value?.length ?? 0), 0);

const acquire = async (context: GroupContext, claim: HeldClaim): Promise<AcquireOutcome> => {
  const { store, table } = context;
  const { partition } = claim;
  try {
    // One transaction: what is read here was read after the fencing. Staged appends of it are beyond the bounds.
    const acquired = await store.write(0, (): Acquired | undefined => {
      const epoch = table.acquire(claim.memberId, claim);
      if (epoch === undefined) return undefined;
      const position = table.position(partition);
      const { start, end } = store.logs.head(streams.events, partition);
      const committedOffset = position === undefined ? undefined : offset(position);
      return { epoch, committedOffset, bounds: { start, end } };
    });
    if (acquired === undefined) return { type: 'fenced', cause: new PartitionFencedError(partition) };
    return { type: 'acquired', owned: new EmbeddedPartition(context, claim, acquired) };
  } catch (error) {
    return { type: 'retryable', cause: asError(error) };
  }
};

/** The lease of an input partition. */
export const leaseOf = (context: GroupContext, claim: HeldClaim): PartitionLease => ({
  partition: claim.partition,
  signal: claim.signal,
  acquire: () => acquire(context, claim),
});
