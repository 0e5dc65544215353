import type {
  AcquireOutcome,
  CommitOutcome,
  LogBounds,
  Offset,
  OwnedPartition,
  PartitionLease,
  RecordBatch,
  StateStore,
  UnitOfWork,
} from '@kaizen-trace/ports';
import { appendedAtHeaders, asError, offset, tickHeader } from '@kaizen-trace/ports';
import type { StateTables } from '@kaizen-trace/state-store';
import { prepareEntries, viewState, writeEntries } from '@kaizen-trace/state-store';
import { encodePieces, payloadBytes } from './chunk.js';
import { PartitionFencedError } from './errors.js';
import type { GroupTable } from './group-table.js';
import { statePrefix, streams } from './keys.js';
import type { HeldClaim } from './membership.js';
import type { Store } from './store.js';
import { follow } from './stream-reader.js';

/** What the partitions of one group have in common. */
export interface GroupContext {
  readonly store: Store;
  readonly table: GroupTable;
  readonly group: string;
}

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
  readonly #tables: StateTables;
  readonly #closed = new AbortController();
  #settled: Offset;
  #ownLease: Buffer | undefined;

  constructor(context: GroupContext, claim: HeldClaim, acquired: Acquired) {
    this.partition = claim.partition;
    this.committedOffset = acquired.committedOffset;
    this.bounds = acquired.bounds;
    this.#context = context;
    this.#claim = claim;
    this.#epoch = acquired.epoch;
    const { entries, due } = context.store.env;
    this.#tables = { entries, due, prefix: statePrefix(context.group, claim.partition) };
    this.#settled = acquired.committedOffset ?? offset(0n);
  }

  /** Gives the tables that commits go into: a start costs the same with any number of entries. */
  restore(): Promise<StateStore> {
    const read = <Result>(run: () => Result): Result =>
      this.#context.store.read(() => {
        // What another owner has committed by now is not this one's state.
        if (this.#closed.signal.aborted || !this.#isOwner()) throw new PartitionFencedError(this.partition);
        return run();
      });
    const settled = (): Offset => this.#settled;
    // This is no copy: what it says is what was committed.
    return Promise.resolve(
      viewState(this.#tables, { read, settled, distrust: () => false, hurry: () => undefined }),
    );
  }

  read(from: Offset): AsyncIterable<RecordBatch> {
    const signal = AbortSignal.any([this.#claim.reading, this.#closed.signal]);
    return follow(this.#context.store, { stream: streams.events, partition: this.partition, from }, signal);
  }

  async commit(unit: UnitOfWork): Promise<CommitOutcome> {
    const { store, table } = this.#context;
    const headers = appendedAtHeaders(unit.appendedAt);
    const spans = encodePieces(unit.spans.map((value) => ({ key: null, value, headers })));
    const letters = encodePieces(unit.deadLetters);
    const entries = prepareEntries(this.#tables.prefix, unit.state);
    const write = (): boolean => {
      if (!this.#isOwner()) return false;
      if (spans.length > 0) store.logs.stage(streams.spans, this.partition, spans);
      if (letters.length > 0) store.logs.stage(streams.deadLetters, this.partition, letters);
      writeEntries(this.#tables, entries);
      table.setPosition(this.partition, unit.nextOffset);
      return true;
    };
    try {
      const committed = await store.write(weightOf(unit), write);
      if (!committed) return { type: 'fenced', cause: new PartitionFencedError(this.partition) };
      this.#settled = unit.nextOffset;
      return { type: 'committed' };
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

  #isOwner(): boolean {
    const { table } = this.#context;
    const bytes = table.leaseBytes(this.partition);
    // Asked with every read of the state, and nearly always the same.
    if (this.#ownLease !== undefined && bytes?.equals(this.#ownLease) === true) return true;
    const isOwner = table.holds(this.#claim.memberId, { ...this.#claim, epoch: this.#epoch });
    if (isOwner) this.#ownLease = bytes;
    return isOwner;
  }
}

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
