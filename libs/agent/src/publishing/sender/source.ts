/** How much one batch may hold. */
export interface BatchLimits {
  readonly events: number;
  /** Of JSON text. One event is taken whatever its size. */
  readonly bytes: number;
}

/** Lines that wait, oldest first. They stay where they are until {@link Source.settle}. */
export interface Peeked {
  readonly lines: readonly string[];
}

/** Where the sender finds its lines: the ring, or a folder of the spool. */
export interface Source<Batch extends Peeked = Peeked> {
  /** About how much waits. */
  waiting(): { readonly events: number; readonly bytes: number };
  /** The oldest lines, at most as many as the limits allow; none where none wait. */
  peek(limits: BatchLimits): Batch;
  /** Called before the first `count` lines go out. */
  begin(batch: Batch, count: number): void;
  /** The first `count` lines are done with: they do not come again. Gives how many of them may have been sent before. */
  settle(batch: Batch, count: number): number;
}
