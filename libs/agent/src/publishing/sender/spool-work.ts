import { join } from 'node:path';
import { ahead, cell } from '../cells.js';
import {
  adopt,
  isOf,
  listFolders,
  release,
  removeFolder,
  showAlive,
  type Claimant,
  type SpoolFolder,
} from '../spool/folders.js';
import { thisOwner } from '../spool/owner.js';
import { fileBytes, listSegments, segmentFile } from '../spool/segments.js';
import { reasonOf } from '@kaizen-trace/sending';
import type { OwnFolder } from './job.js';
import type { Sender, SenderParts } from './sender.js';
import { SpoolSource } from './spool-source.js';

/** How often the folders show that their owner lives, in milliseconds. */
const aliveMs = 20_000;

const bytesOf = ({ path }: SpoolFolder): number =>
  listSegments(path).reduce((sum, segment) => sum + fileBytes(segmentFile(path, segment)), 0);

/** The spool of one publisher: what dead processes left is sent first, then what its own agent writes. */
export class SpoolWork {
  readonly #directory: string;
  readonly #parts: SenderParts;
  readonly #claimant: Claimant;
  #own: OwnFolder | undefined;
  #source: { readonly of: OwnFolder; readonly source: SpoolSource } | undefined;
  #adopted: SpoolFolder | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    { directory, mark }: { readonly directory: string; readonly mark: string },
    parts: SenderParts,
  ) {
    this.#directory = directory;
    this.#claimant = { owner: thisOwner(), mark };
    this.#parts = parts;
  }

  /** From now on the agent writes there. */
  setFolder(folder: OwnFolder | undefined): void {
    this.#own = folder;
  }

  async run(sender: Sender): Promise<void> {
    this.#timer = setInterval(() => this.#showAlive(), aliveMs);
    this.#showAlive();
    await this.#adoptAll(sender);
    await sender.follow(() => this.#currentSource(), { delivered: 'delivered', refused: 'refused' });
  }

  /** Leaves nothing where all is sent, else a folder for whoever starts next. */
  close(): void {
    clearInterval(this.#timer);
    this.#source?.source.close();
    if (this.#adopted !== undefined) release(this.#directory, this.#adopted);
    const own = this.#own === undefined ? undefined : this.#find(this.#own.name);
    if (own === undefined) return;
    const { cells } = this.#parts.shared;
    const isEmpty = this.#source !== undefined || Atomics.load(cells, cell.putEvents) === 0;
    if (isEmpty && this.#waiting().events <= 0) removeFolder(own);
    else release(this.#directory, own);
  }

  #find(name: string): SpoolFolder | undefined {
    return this.#attempt(() => listFolders(this.#directory).find((each) => each.name === name));
  }

  #attempt<Result>(work: () => Result): Result | undefined {
    try {
      return work();
    } catch (error) {
      this.#parts.tell('spool', `the spool in ${this.#directory} cannot be read (${reasonOf(error)})`);
      return undefined;
    }
  }

  #showAlive(): void {
    if (this.#own !== undefined) showAlive(join(this.#directory, this.#own.name));
    if (this.#adopted !== undefined) showAlive(this.#adopted.path);
  }

  #waiting(): { readonly events: number; readonly bytes: number } {
    const { cells } = this.#parts.shared;
    const gone = Atomics.load(cells, cell.droppedEvents) + Atomics.load(cells, cell.takenEvents);
    // Bytes are only ever compared with a batch's: events of a few hundred bytes fill it by their number.
    return { events: ahead(Atomics.load(cells, cell.putEvents), gone), bytes: 0 };
  }

  #currentSource(): SpoolSource | undefined {
    if (this.#own === undefined || this.#source?.of === this.#own) return this.#source?.source;
    const own = this.#own;
    this.#source?.source.close();
    this.#source = undefined;
    const source = this.#attempt(() => this.#open(own));
    if (source !== undefined) this.#source = { of: own, source };
    return source;
  }

  #open(own: OwnFolder): SpoolSource {
    const { cells, counters } = this.#parts.shared;
    const source = new SpoolSource({
      folder: join(this.#directory, own.name),
      written: () => {
        for (;;) {
          const segment = Atomics.load(cells, cell.segment);
          const offset = Atomics.load(cells, cell.position);
          if (segment === Atomics.load(cells, cell.segment)) return { segment, offset };
        }
      },
      batchBytes: this.#parts.batch.bytes,
      firstSegment: own.firstSegment,
      waiting: () => this.#waiting(),
      onSettled: (events, bytes) => {
        Atomics.add(cells, cell.takenEvents, events);
        counters.add('acknowledgedBytes', bytes);
      },
      onFreed: (bytes) => counters.add('freedBytes', bytes),
      onTorn: () => undefined,
      onProblem: (error) => this.#tellProblem(error),
    });
    // A sender before this one may have got further than it could say.
    if (own.eventsBefore === 0) Atomics.store(cells, cell.takenEvents, source.settledEvents | 0);
    return source;
  }

  #tellProblem(error: unknown): void {
    this.#parts.tell('spool', `the spool in ${this.#directory} fails (${reasonOf(error)})`);
  }

  async #adoptAll(sender: Sender): Promise<void> {
    const { closing } = this.#parts;
    for (const found of this.#attempt(() => listFolders(this.#directory)) ?? []) {
      if (closing.aborted) return;
      if (found.name === this.#own?.name) continue;
      // One that a sender before this one had begun with is ours already.
      const folder = isOf(found, this.#claimant.mark)
        ? found
        : this.#attempt(() => adopt(this.#directory, found, this.#claimant));
      if (folder === undefined) continue;
      this.#adopted = folder;
      if (!(await this.#drainAdopted(sender, folder))) return;
      this.#adopted = undefined;
    }
  }

  /** Sends what a dead process left, and deletes it. False where it was told to stop before. */
  async #drainAdopted(sender: Sender, folder: SpoolFolder): Promise<boolean> {
    const { counters } = this.#parts.shared;
    const source = this.#attempt(() => {
      counters.set('adoptedBytes', bytesOf(folder));
      return new SpoolSource({
        folder: folder.path,
        written: undefined,
        batchBytes: this.#parts.batch.bytes,
        firstSegment: 1,
        waiting: () => ({ events: 0, bytes: 0 }),
        onSettled: () => undefined,
        onFreed: (bytes) => counters.add('adoptedBytes', -bytes),
        onTorn: () => counters.add('tornTails', 1),
        onProblem: (error) => this.#tellProblem(error),
      });
    });
    if (source === undefined) return true;
    const isDone = await sender.drain(source, { delivered: 'adoptedDelivered', refused: 'adoptedRefused' });
    source.close();
    if (isDone) removeFolder(folder);
    counters.set('adoptedBytes', 0);
    return isDone;
  }
}
