import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Offset, StateEntry, StateStore } from '@kaizen-trace/ports';
import { asError, offset } from '@kaizen-trace/ports';
import { BulkLoad } from './bulk-load.js';
import { chunksOf } from './chunks.js';
import { claimDirectory, removeOwned } from './claim-directory.js';
import { stateSize, withdrawSize } from './data-file.js';
import { failureOf } from './errors.js';
import { Gathered, type Change } from './gathered.js';
import { decodeMark, encodeMark, type StateMark } from './mark.js';
import {
  isOwnedBy,
  markKey,
  openClaimed,
  openFresh,
  prefix,
  replaced,
  type Opened,
  type LocalStoreOptions,
} from './open-claimed.js';
import { prepareSorted, writeEntries } from './state-tables.js';
import { viewState } from './state-view.js';

/** How long a change waits to be written, in milliseconds, and how much may wait. */
const pauseMs = 2_000;
const gatheredBytes = 4 * 1024 * 1024;
const transactionLimits = { items: 1_000, bytes: 4 * 1024 * 1024 };
/** What is known of a store when it is opened. */
export interface ClaimedStore {
  readonly store: LocalStore;
  /** What the former owner has left says of itself; undefined where the store is empty. */
  readonly mark: StateMark | undefined;
  /** Why what there was cannot be used. */
  readonly fault: string | undefined;
}

/** The stores that this process has open: it must not open one twice. */
const held = new Map<string, Promise<ClaimedStore>>();

const forget = (directory: string, claiming: Promise<ClaimedStore>): void => {
  if (held.get(directory) === claiming) held.delete(directory);
};

/**
 * A partition's state in an LMDB environment of its own. It follows the commits of its owner: what they change is
 * gathered and written every two seconds, so what comes and goes in between never reaches the disk. After a crash it lags
 * behind; its mark says up to where it has everything. It may have some of what came later too, so whoever brings it up
 * to date applies the log from the mark on, in order: each entry ends as its last record says.
 *
 * One owner at a time: another one, of whichever process, takes it by putting its own name into it; from then on the
 * former one's transactions and reads fail. After a failed write everything fails until the partition is acquired anew.
 */
export class LocalStore {
  readonly #options: LocalStoreOptions;
  #opened: Opened;
  #gathered = new Gathered();
  #bulk: BulkLoad | undefined;
  #inHand: Gathered | undefined;
  #writing: Promise<void> | undefined;
  #doing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #statedSize = 0;
  #settled: Offset = offset(0n);
  #failure: Error | undefined;
  #closing: Promise<void> | undefined;
  readonly #closed = Promise.withResolvers<undefined>();
  #distrusted = false;
  /** Whether all that it has came from the log just now. */
  #isFresh: boolean;

  private constructor(options: LocalStoreOptions, opened: Opened) {
    this.#options = options;
    this.#opened = opened;
    this.#isFresh = !opened.claimed.inherited;
  }

  /**
   * Takes over what a former owner has left, or begins an empty store.
   *
   * @throws StateDirectoryError where the directory cannot be used.
   */
  static claim(options: LocalStoreOptions): Promise<ClaimedStore> {
    const directory = resolve(options.directory);
    const before = held.get(directory);
    const claiming = (async (): Promise<ClaimedStore> => {
      await before?.then(
        ({ store }) => store.abandon(),
        () => undefined,
      );
      return LocalStore.#open({ ...options, directory });
    })();
    held.set(directory, claiming);
    claiming.then(
      ({ store }) => store.#closed.promise.then(() => forget(directory, claiming)),
      () => forget(directory, claiming),
    );
    return claiming;
  }

  static async #open(options: LocalStoreOptions): Promise<ClaimedStore> {
    const { directory } = options;
    const claimed = claimDirectory(directory);
    let { fault } = claimed;
    let opened: Opened;
    try {
      opened = await openClaimed(claimed);
    } catch (error) {
      if (!claimed.inherited) throw failureOf(directory, error);
      fault = asError(error).message;
      removeOwned(claimed.path);
      opened = await openFresh(directory);
    }
    const store = new LocalStore(options, opened);
    const mark = decodeMark(opened.meta.get(markKey));
    const isUnfinished = mark === undefined && opened.claimed.inherited;
    if (isUnfinished) await store.reset();
    return {
      store,
      mark,
      fault: fault ?? (isUnfinished ? 'it was never finished' : undefined),
    };
  }

  /** Why nothing can be read or written any more; undefined where all is well. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** What can be read. To be asked for when the store is up to date. */
  view(): StateStore {
    const { claimed, lmdb, meta, tables } = this.#opened;
    return viewState(tables, {
      settled: () => this.#settledNow(),
      distrust: () => this.#distrust(),
      hurry: () => this.#writeNext(),
      read: (run) => {
        if (this.#failure !== undefined) throw this.#failure;
        lmdb.refresh();
        if (!isOwnedBy(meta, claimed)) throw (this.#failure = replaced(this.#options.directory));
        return run();
      },
    });
  }

  /** Throws away all that is there, and begins an empty store. */
  reset(): Promise<void> {
    return this.#during(async () => {
      const { claimed, lmdb } = this.#opened;
      clearTimeout(this.#timer);
      this.#gathered = new Gathered();
      this.#bulk = undefined;
      await this.#writing;
      await lmdb.close();
      removeOwned(claimed.path);
      this.#statedSize = 0;
      this.#isFresh = true;
      this.#opened = await openFresh(this.#options.directory);
    });
  }

  /**
   * Takes what a commit has changed, or a stretch of the log, to be written soon. Waits where more has come than the disk
   * takes; never rejects, as what was committed is committed: see {@link failure}.
   */
  async follow(change: Change): Promise<void> {
    if (this.#failure !== undefined) return;
    if (change.nextOffset !== undefined) this.#isFresh = false;
    this.#gathered.add(change);
    if (this.#gathered.bytes >= gatheredBytes) {
      await this.#writing;
      void this.#write();
    } else this.#timer ??= setTimeout(() => this.#writeNext(), pauseMs).unref();
  }

  /**
   * Takes the begin of the log, to be written as a whole by {@link complete}; only into an empty store, and never together
   * with {@link follow}.
   *
   * @throws StateDirectoryError where the disk refuses.
   */
  load(entries: readonly StateEntry[]): Promise<void> {
    const { claimed, tables } = this.#opened;
    const bulk = (this.#bulk ??= new BulkLoad(join(claimed.path, 'load'), tables));
    return this.#during(() => bulk.add(entries));
  }

  /** Ends the restore: all up to `at` is there, and so is every commit up to `nextOffset`. @throws as {@link flush} */
  async complete(reached: Omit<Change, 'entries'>): Promise<void> {
    const bulk = this.#bulk;
    this.#bulk = undefined;
    if (bulk !== undefined) await this.#during(() => bulk.finish((write) => this.#transact(write)));
    this.#gathered.add({ entries: [], ...reached });
    await this.flush();
  }

  /** Writes what is gathered. @throws Error where it could not be written, now or before. */
  async flush(): Promise<void> {
    while (this.#writing !== undefined || !this.#gathered.isEmpty) await this.#write();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Writes what is gathered, and closes. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close(() => this.flush().catch(() => undefined));
    return this.#closing;
  }

  /** Closes, and leaves what is gathered to whoever comes next, who finds it in the log. Idempotent. */
  abandon(): Promise<void> {
    this.#failure ??= replaced(this.#options.directory);
    this.#closing ??= this.#close(() => Promise.resolve());
    return this.#closing;
  }

  async #close(finish: () => Promise<void>): Promise<void> {
    await finish();
    this.#failure ??= replaced(this.#options.directory);
    clearTimeout(this.#timer);
    await this.#doing;
    await this.#writing;
    const { claimed, lmdb } = this.#opened;
    await lmdb.close();
    if (this.#distrusted) removeOwned(claimed.path);
    if (this.#options.temporary) rmSync(this.#options.directory, { recursive: true, force: true });
    this.#closed.resolve(undefined);
  }

  #settledNow(): Offset {
    const first = this.#inHand?.nextOffsets.first ?? this.#gathered.nextOffsets.first;
    // A commit that moved no position is not to be taken for one that is written.
    return first === undefined || first > this.#settled ? this.#settled : offset(first - 1n);
  }

  #distrust(): boolean {
    this.#distrusted = true;
    withdrawSize(this.#opened.claimed.path);
    return !this.#isFresh;
  }

  /** What is done to the store as a whole; it is not closed in the middle of that. */
  async #during(work: () => Promise<void>): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const doing = work();
    this.#doing = doing.catch(() => undefined);
    try {
      await doing;
    } catch (error) {
      throw (this.#failure ??= failureOf(this.#options.directory, error));
    }
  }

  async #transact(write: () => void): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const { claimed, lmdb, meta } = this.#opened;
    await lmdb.transact(() => {
      if (!isOwnedBy(meta, claimed)) throw replaced(this.#options.directory);
      write();
    });
  }

  /** Writes what is gathered when what is in hand is written, be the disk so slow that it takes longer than the pause. */
  #writeNext(): void {
    this.#timer = undefined;
    if (!this.#gathered.isEmpty) void Promise.resolve(this.#writing).then(() => this.#write());
  }

  #write(): Promise<void> {
    this.#writing ??= this.#writeGathered().finally(() => (this.#writing = undefined));
    return this.#writing;
  }

  async #writeGathered(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const taken = this.#gathered;
    this.#gathered = new Gathered();
    this.#inHand = taken;
    try {
      await this.#put(taken);
      this.#settled = taken.nextOffsets.last ?? this.#settled;
    } catch (error) {
      this.#failure ??= failureOf(this.#options.directory, error);
    } finally {
      this.#inHand = undefined;
    }
  }

  async #put(taken: Gathered): Promise<void> {
    const { claimed, meta, tables } = this.#opened;
    const chunks = [...chunksOf(prepareSorted(prefix, taken.entries()), transactionLimits)];
    const mark = taken.at === undefined ? undefined : encodeMark(taken.at, this.#options.identity);
    for (const chunk of chunks)
      await this.#transact(() => {
        writeEntries(tables, chunk);
        if (chunk === chunks.at(-1) && mark !== undefined) void meta.put(markKey, mark);
      });
    if (!this.#distrusted) this.#statedSize = stateSize(claimed.path, this.#statedSize);
  }
}
