import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { StateEntry } from '@kaizen-trace/ports';
import { dueOf, keyAt } from '@kaizen-trace/ports';
import { chunksOf } from './chunks.js';
import { Gathered } from './gathered.js';
import { dueKey, placeInEntryKey } from './keys.js';
import { SortedRuns, type Item } from './sorted-runs.js';
import { prepareSorted, type StateTables } from './state-tables.js';

/** What is sorted in memory at once. */
const runBytes = 16 * 1024 * 1024;
const transactionLimits = { items: 20_000, bytes: 4 * 1024 * 1024 };
/** What an item takes in memory beside its bytes, about. */
const itemBytes = 200;

/** Runs `write` in a transaction. */
type Write = (write: () => void) => Promise<void>;

const noValue = Buffer.alloc(0);

/** Fills empty tables with any number of entries, given in any order, where the last of a key counts. */
export class BulkLoad {
  readonly #directory: string;
  readonly #entries: SortedRuns;
  readonly #due: SortedRuns;
  #gathered = new Gathered();

  readonly #tables: StateTables;

  /** Keeps what is too much for the memory in this directory. */
  constructor(directory: string, tables: StateTables) {
    this.#directory = directory;
    this.#tables = tables;
    this.#entries = new SortedRuns(join(directory, 'entries'));
    this.#due = new SortedRuns(join(directory, 'due'));
  }

  /** @throws what the file system says. */
  async add(entries: readonly StateEntry[]): Promise<void> {
    this.#gathered.add({ entries });
    if (this.#gathered.bytes >= runBytes) await this.#writeRun();
  }

  /** Puts everything into the tables, and removes its own files. @throws what the file system or LMDB says. */
  async finish(write: Write): Promise<void> {
    await this.#writeRun();
    const tables = this.#tables;
    let given = 0;
    let due: Item[] = [];
    const writeDue = async (): Promise<void> => {
      await this.#due.add(due.sort((one, other) => Buffer.compare(one.at, other.at)));
      due = [];
    };
    for (const page of chunksOf(this.#entries.merged(), transactionLimits)) {
      await write(() => {
        for (const { at, value } of page) tables.entries.putSync(at, value!, { append: true });
      });
      given += page.length;
      for (const item of page) due.push(...dueItem(tables.prefix, item));
      if (due.length * itemBytes >= runBytes) await writeDue();
    }
    await writeDue();
    await this.#entries.remove();
    for (const page of chunksOf(this.#due.merged(), transactionLimits))
      await write(() => {
        for (const { at } of page) tables.due.putSync(at, noValue, { append: true });
      });
    await rm(this.#directory, { recursive: true, force: true });
    // LMDB passes over what it is told to append and does not come last.
    const { entryCount } = tables.entries.getStats() as { readonly entryCount: number };
    if (entryCount !== given) throw new Error(`${entryCount} entries were written of ${given}`);
  }

  async #writeRun(): Promise<void> {
    const sorted = prepareSorted(this.#tables.prefix, this.#gathered.entries());
    this.#gathered = new Gathered();
    await this.#entries.add(sorted);
  }
}

const dueItem = (prefix: Buffer, { at, value }: Item): readonly Item[] => {
  const time = value === null ? 0 : dueOf(keyAt(placeInEntryKey(at, prefix)), value);
  return time === 0 ? [] : [{ at: dueKey(prefix, time, at), value: noValue }];
};
