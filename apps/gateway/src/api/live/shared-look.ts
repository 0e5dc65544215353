/** What many look at, looked at once for all of them. */
export interface SharedLook<T> {
  /** The last look where that is no older than `maxAgeMs`, else a new one; those who ask meanwhile share it. */
  latest(maxAgeMs: number): Promise<T>;
  /** Calls `listener` with each look from now on, and with the newest at once where there is one. Gives what ends it. */
  follow(listener: (outcome: Looked<T>) => void): () => void;
  readonly listeners: number;
  /** Looks made so far. */
  readonly looks: number;
  /** Looks no more. Idempotent. */
  close(): void;
}

/** How one look ended. */
export type Looked<T> =
  { readonly type: 'seen'; readonly value: T } | { readonly type: 'failed'; readonly cause: unknown };

export interface SharedLookOptions {
  /** From the beginning of one look to that of the next, in milliseconds. */
  readonly everyMs: number;
  /** A look that takes long is made less often, so that looking takes no more than this share of the time. */
  readonly share?: number;
}

const asLooked = async <T>(look: () => Promise<T>): Promise<Looked<T>> => {
  try {
    return { type: 'seen', value: await look() };
  } catch (cause) {
    return { type: 'failed', cause };
  }
};

class Sharing<T> implements SharedLook<T> {
  looks = 0;
  readonly #look: () => Promise<T>;
  readonly #options: SharedLookOptions;
  readonly #listeners = new Set<(outcome: Looked<T>) => void>();
  #underWay: Promise<Looked<T>> | undefined;
  #last: { readonly outcome: Looked<T>; readonly at: number; readonly tookMs: number } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(look: () => Promise<T>, options: SharedLookOptions) {
    this.#look = look;
    this.#options = options;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  async latest(maxAgeMs: number): Promise<T> {
    const known = this.#last;
    const isFresh = known?.outcome.type === 'seen' && performance.now() - known.at <= maxAgeMs;
    const outcome = isFresh ? known.outcome : await this.#lookNow();
    if (outcome.type === 'failed') throw outcome.cause;
    return outcome.value;
  }

  follow(listener: (outcome: Looked<T>) => void): () => void {
    this.#listeners.add(listener);
    const known = this.#last;
    if (known !== undefined && performance.now() - known.at <= this.#pauseMs()) listener(known.outcome);
    this.#plan();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#rest();
    };
  }

  close(): void {
    this.#closed = true;
    this.#listeners.clear();
    this.#rest();
  }

  #lookNow(): Promise<Looked<T>> {
    return (this.#underWay ??= this.#search());
  }

  async #search(): Promise<Looked<T>> {
    const began = performance.now();
    this.looks += 1;
    const outcome = await asLooked(this.#look);
    const at = performance.now();
    this.#last = { outcome, at, tookMs: at - began };
    this.#underWay = undefined;
    for (const listener of [...this.#listeners]) listener(outcome);
    return outcome;
  }

  #pauseMs(): number {
    const { everyMs, share = 0.5 } = this.#options;
    return Math.max(everyMs, (this.#last?.tookMs ?? 0) / share);
  }

  #plan(): void {
    if (this.#timer !== undefined || this.#closed) return;
    const since = this.#last === undefined ? Infinity : performance.now() - this.#last.at;
    const timer = setTimeout(
      () => void this.#lookNow().then(() => this.#again(timer)),
      Math.max(0, this.#pauseMs() - (this.#last?.tookMs ?? 0) - since),
    );
    this.#timer = timer;
  }

  /** Goes on from the look of `timer`, unless all have left since: whoever came after that has begun anew. */
  #again(timer: NodeJS.Timeout): void {
    if (this.#timer !== timer) return;
    this.#timer = undefined;
    if (this.#listeners.size > 0) this.#plan();
  }

  #rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/** Looks while somebody follows, and not otherwise: one look at a time, however many follow. */
export const shareLook = <T>(look: () => Promise<T>, options: SharedLookOptions): SharedLook<T> =>
  new Sharing(look, options);
