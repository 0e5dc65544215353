import type { Offset, StateEntry } from '@kaizen-trace/ports';

/** Up to where a store has everything, by the log it was made from. */
export interface StatePosition {
  readonly position: bigint;
  /** A time, in milliseconds, at which nothing later than the position's record was in the log. */
  readonly asOf: number;
}

/** What one commit changed, or a stretch of the log. */
export interface Change {
  readonly entries: readonly StateEntry[];
  /** Of the commit; undefined where it is to count only when more is known. */
  readonly nextOffset?: Offset | undefined;
  /** Where it stands in the log, if that is known. */
  readonly at?: StatePosition | undefined;
}

/** What an entry takes in memory beside its bytes, about. */
const entryBytes = 200;

/** Changes on their way to the disk: of each entry the latest only. */
export class Gathered {
  readonly #entries = new Map<string, Uint8Array | null>();
  #bytes = 0;
  #changes = 0;
  #first: Offset | undefined;
  #last: Offset | undefined;
  #at: StatePosition | undefined;

  add({ entries, nextOffset, at }: Change): void {
    for (const { key, value } of entries) {
      const before = this.#entries.get(key);
      if (before === undefined) this.#bytes += entryBytes + key.length + (value?.length ?? 0);
      else this.#bytes += (value?.length ?? 0) - (before?.length ?? 0);
      this.#entries.set(key, value);
    }
    this.#changes += 1;
    this.#first ??= nextOffset;
    this.#last = nextOffset ?? this.#last;
    this.#at = at ?? this.#at;
  }

  get isEmpty(): boolean {
    return this.#changes === 0;
  }

  /** What it takes in memory, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Of the first commit, and of the last. */
  get nextOffsets(): { readonly first: Offset | undefined; readonly last: Offset | undefined } {
    return { first: this.#first, last: this.#last };
  }

  get at(): StatePosition | undefined {
    return this.#at;
  }

  entries(): readonly StateEntry[] {
    return Array.from(this.#entries, ([key, value]) => ({ key, value }));
  }
}
