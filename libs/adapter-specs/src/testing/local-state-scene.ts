import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { openKafkaLog } from '@kaizen-trace/adapter-kafka';
import type { OwnedPartition, StateEntry, StateStore } from '@kaizen-trace/ports';
import { offset } from '@kaizen-trace/ports';
import { openLmdb } from '@kaizen-trace/state-store';
import { eventually } from '@kaizen-trace/testkit';

/** How long an owner may take to get its partition. */
export const patienceMs = 30_000;

/** One ownership of the one partition. */
export interface Session {
  readonly owned: OwnedPartition;
  readonly store: StateStore;
  /** What the restore read, in positions of the changelog. */
  readonly read: number;
  /** What was said about the store on this machine. */
  readonly warnings: readonly string[];
}

/** Where an owner lives. */
export interface Place {
  /** Null: none is named. */
  readonly stateDirectory?: string | null;
  readonly kill?: AbortController;
}

/** What a store says of itself. */
export interface Mark {
  identity: Record<string, string>;
  position: string;
  asOf: number;
}

/** An entry with a text for its value. */
export const entry = (key: string, value: string | null): StateEntry => ({
  key,
  value: value === null ? null : Buffer.from(value),
});

/** The partition's own record. */
export const record = (next: number): StateEntry => entry('partition', `${next}`);

/** Everything that the store holds, as `key=value`. */
export const textsOf = (store: StateStore): readonly string[] =>
  [...store.all()]
    .flat()
    .map(({ key, value }) => `${key}=${Buffer.from(value!).toString()}`)
    .sort();

/** Commits, and fails unless the log says that it did. */
export const commit = async (
  owned: OwnedPartition,
  next: bigint,
  entries: readonly StateEntry[],
): Promise<void> => {
  const unit = { spans: [], deadLetters: [], state: entries, nextOffset: offset(next) };
  expect(await owned.commit(unit)).toEqual({ type: 'committed' });
};

/** A log of one partition on a real Kafka, and a disk of this machine. */
export class LocalStateScene {
  readonly topic: string;
  readonly #topicPrefix = `local-state-${randomUUID()}.`;
  readonly #brokers: readonly string[];

  private constructor(
    brokers: readonly string[],
    readonly disk: string,
  ) {
    this.#brokers = brokers;
    this.topic = `${this.#topicPrefix}assembler-state`;
  }

  static async open(brokers: readonly string[]): Promise<LocalStateScene> {
    return new LocalStateScene(brokers, await mkdtemp(join(tmpdir(), 'kaizen-local-state-')));
  }

  close(): Promise<void> {
    return rm(this.disk, { recursive: true, force: true });
  }

  /** Owns the one partition while `run` runs, as a process of its own would. */
  async own<Result>(run: (session: Session) => Result | Promise<Result>, place: Place = {}): Promise<Result> {
    const { stateDirectory = this.disk, kill } = place;
    const warnings: string[] = [];
    const log = await openKafkaLog({
      brokers: this.#brokers,
      topicPrefix: this.#topicPrefix,
      partitions: 1,
      ...(stateDirectory === null ? {} : { stateDirectory }),
      ...(kill === undefined ? {} : { kill: kill.signal }),
      log: (level, line) => {
        if (level === 'warn' && line.includes('on this machine')) warnings.push(line);
      },
    });
    const result = Promise.withResolvers<Result>();
    const assemblers = log.assemblers({ group: `${this.#topicPrefix}g`, sessionTimeoutMs: 6000 });
    await assemblers.join(async (lease) => {
      try {
        let owned: OwnedPartition | undefined;
        await eventually('it is acquired', patienceMs, async () => {
          const outcome = await lease.acquire();
          if (outcome.type === 'acquired') owned = outcome.owned;
          return owned !== undefined;
        });
        let read = 0;
        const store = await owned!.restore((done) => (read = done));
        result.resolve(await run({ owned: owned!, store, read, warnings }));
      } catch (error) {
        result.reject(error);
      }
    });
    try {
      return await result.promise;
    } finally {
      await log.close();
    }
  }

  /** Two commits, of which the store has both. */
  leave(): Promise<void> {
    return this.own(async ({ owned }) => {
      await commit(owned, 1n, [entry('t:a', '1'), entry('t:gone', '1'), record(1)]);
      await commit(owned, 2n, [entry('t:b', '2'), entry('t:gone', null), record(2)]);
    });
  }

  /** What the next owner finds, and what it said about the store. */
  look(): Promise<{ readonly texts: readonly string[] } & Pick<Session, 'warnings' | 'read'>> {
    return this.own(({ store, warnings, read }) => ({ texts: textsOf(store), warnings, read }));
  }

  /** The directory that the last owner has left. */
  async storeDirectory(): Promise<string> {
    const partition = join(this.disk, this.topic, `group-${this.#topicPrefix}g`, 'partition-0');
    const names = await readdir(partition);
    expect(names).toHaveLength(1);
    return join(partition, names[0]!);
  }

  /** Changes what the store says of itself, and puts a lie into it that no changelog has. */
  async tamper(change: (mark: Mark) => void): Promise<void> {
    const lmdb = openLmdb(await this.storeDirectory(), { mapSize: 1024 ** 3 });
    const [meta, entries] = [lmdb.table('meta'), lmdb.table('entries')];
    const key = Buffer.from('mark');
    const mark = JSON.parse(meta.get(key)!.toString()) as Mark;
    change(mark);
    await lmdb.transact(() => {
      void meta.put(key, Buffer.from(JSON.stringify(mark)));
      void entries.put(Buffer.concat([Buffer.of(0), Buffer.from('\0lie')]), Buffer.from('x'));
    });
    await lmdb.close();
  }
}
