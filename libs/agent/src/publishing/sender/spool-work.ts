import { join } from 'node:path';
import { ahead, cell, ring } from '../cells.js';
import {
  adopt,
  foldersBytes,
  isAdoptedBy,
  listFolders,
  listLeft,
  release,
  removeFolder,
  showAlive,
  type Claimant,
  type SpoolFolder,
} from '../spool/folders.js';
import { thisOwner } from '../spool/owner.js';
import { reasonOf } from '@kaizen-trace/sending';
import type { OwnFolder } from './job.js';
import type { Sender, SenderParts } from './sender.js';
import { SpoolSource } from './spool-source.js';

/** How often the folders show that their owner lives, and whether one has lost its own is looked at, in milliseconds. */
const aliveMs = 20_000;

/**
 * The spool of one publisher: what dead processes left is sent first, then what its own agent writes. Whose owner cannot
 * be seen counts as dead only later, so it is looked for again and again.
 */
export class SpoolWork {
  readonly #directory: string;
  readonly #parts: SenderParts;
  readonly #claimant: Claimant;
  readonly #lookMs: number;
  #own: OwnFolder | undefined;
  #source: { readonly of: OwnFolder; readonly source: SpoolSource } | undefined;
  #adopted: SpoolFolder | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #isAnyLeft = false;

  constructor(
    { directory, mark }: { readonly directory: string; readonly mark: string },
    parts: SenderParts,
    lookMs = aliveMs,
  ) {
    this.#lookMs = lookMs;
    this.#directory = directory;
    this.#claimant = { owner: thisOwner(), mark };
    this.#parts = parts;
  }

  /** From now on the agent writes there. */
  setFolder(folder: OwnFolder | undefined): void {
    this.#own = folder;
  }

  async run(sender: Sender): Promise<void> {
    this.#timer = setInterval(() => this.#lookAround(), this.#lookMs);
    this.#showAlive();
    while (!this.#parts.closing.aborted) {
      await this.#adoptAll(sender);
      await sender.follow(
        () => this.#currentSource(),
        { delivered: 'delivered', refused: 'refused' },
        () => this.#isAnyLeft,
      );
    }
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

  /** What dead processes left, what this publisher took over of it included. */
  #left(): readonly SpoolFolder[] {
    return this.#attempt(() => listLeft(this.#directory, this.#claimant)) ?? [];
  }

  #lookAround(): void {
    this.#showAlive();
    if (this.#adopted !== undefined || this.#left().length === 0) return;
    this.#isAnyLeft = true;
    ring(this.#parts.shared.cells, cell.bell);
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
    this.#count(own, source.settledEvents);
    return source;
  }

  /** Brings the counts to where a folder stands that is opened: a sender before this one may have got further than it could say. */
  #count({ name, eventsBefore, bytesBefore }: OwnFolder, settledEvents: number): void {
    const { cells, counters } = this.#parts.shared;
    const taken = Atomics.load(cells, cell.takenEvents);
    const lost = ahead(eventsBefore, (taken + Atomics.load(cells, cell.droppedEvents)) | 0);
    if (lost > 0) {
      Atomics.add(cells, cell.droppedEvents, lost);
      counters.set('acknowledgedBytes', bytesBefore);
      counters.set('freedBytes', bytesBefore);
      this.#parts.tell(
        'lost',
        `${lost} events are gone with a folder of the spool in ${this.#directory}; ${name} is in its place`,
      );
    }
    const gone = (eventsBefore + settledEvents) | 0;
    Atomics.store(cells, cell.takenEvents, (gone - Atomics.load(cells, cell.droppedEvents)) | 0);
  }

  #tellProblem(error: unknown): void {
    this.#parts.tell('spool', `the spool in ${this.#directory} fails (${reasonOf(error)})`);
  }

  async #adoptAll(sender: Sender): Promise<void> {
    const { closing, shared } = this.#parts;
    this.#isAnyLeft = false;
    const left = this.#left();
    shared.counters.set('adoptedBytes', foldersBytes(left));
    for (const found of left) {
      if (closing.aborted) return;
      // One that a sender before this one had begun with is ours already.
      const folder = isAdoptedBy(found, this.#claimant)
        ? found
        : this.#attempt(() => adopt(this.#directory, found, this.#claimant));
      if (folder === undefined) continue;
      this.#adopted = folder;
      if (!(await this.#drainAdopted(sender, folder))) return;
      this.#adopted = undefined;
    }
    // Another may have been faster, or one of them cannot be read.
    shared.counters.set('adoptedBytes', foldersBytes(this.#left()));
  }

  /** Sends what a dead process left, and deletes it. False where it was told to stop before. */
  async #drainAdopted(sender: Sender, folder: SpoolFolder): Promise<boolean> {
    const { counters } = this.#parts.shared;
    const source = this.#attempt(
      () =>
        new SpoolSource({
          folder: folder.path,
          written: undefined,
          batchBytes: this.#parts.batch.bytes,
          firstSegment: 1,
          waiting: () => ({ events: 0, bytes: 0 }),
          onSettled: () => undefined,
          onFreed: (bytes) => counters.add('adoptedBytes', -bytes),
          onTorn: (bytes) => {
            counters.add('tornTails', 1);
            const what = `${bytes} bytes at the end of a file of the spool in ${this.#directory}`;
            this.#parts.tell('torn', `${what} are no whole events, as a crash of the machine leaves them`);
          },
          onProblem: (error) => this.#tellProblem(error),
        }),
    );
    if (source === undefined) return true;
    const isDone = await sender.drain(source, { delivered: 'adoptedDelivered', refused: 'adoptedRefused' });
    source.close();
    // What cannot be read now stays, and is tried again.
    if (isDone && !source.hasFailed) removeFolder(folder);
    return isDone;
  }
}
