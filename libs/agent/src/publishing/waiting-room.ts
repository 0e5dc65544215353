import { cell } from './cells.js';
import type { Obstacle } from './intake/intake.js';
import { withoutBlocking } from './without-blocking.js';

/** What comes of waiting: `full` where there was no room in time, `closed` where the end came first. */
export type Waited = 'put' | Obstacle | 'closed';

interface Visitor {
  readonly line: string;
  readonly deadline: number;
  readonly settle: (waited: Waited) => void;
}

/**
 * Calls that wait until there is room in the buffer, first come, first served. Each has its deadline, and together they
 * hold no more than a part of what the buffer holds.
 */
export class WaitingRoom {
  readonly #cells: Int32Array<SharedArrayBuffer>;
  readonly #put: (line: string) => 'put' | Obstacle;
  readonly #maxLength: number;
  readonly #visitors: Visitor[] = [];
  #length = 0;

  constructor(
    cells: Int32Array<SharedArrayBuffer>,
    { put, maxLength }: { readonly put: (line: string) => 'put' | Obstacle; readonly maxLength: number },
  ) {
    this.#cells = cells;
    this.#put = put;
    this.#maxLength = maxLength;
  }

  /** Whether someone waits: who comes now must wait behind. */
  get isBusy(): boolean {
    return this.#visitors.length > 0;
  }

  /** Waits for at most `ms`; undefined where too much waits already. */
  enter(line: string, ms: number): Promise<Waited> | undefined {
    if (this.#length + line.length > this.#maxLength) return undefined;
    return new Promise((settle) => {
      this.#length += line.length;
      this.#visitors.push({ line, deadline: performance.now() + ms, settle });
      if (this.#visitors.length === 1) void this.#serve();
    });
  }

  /** Sends everyone away. */
  close(): void {
    while (this.isBusy) this.#leave('closed');
  }

  async #serve(): Promise<void> {
    for (;;) {
      const seen = Atomics.load(this.#cells, cell.progress);
      this.#letIn();
      while (this.isBusy && this.#visitors[0]!.deadline <= performance.now()) this.#leave('full');
      const next = this.#visitors[0];
      if (next === undefined) return;
      const ms = Math.ceil(next.deadline - performance.now());
      await withoutBlocking(this.#cells, { index: cell.progress, seen, ms: Math.max(1, ms) });
    }
  }

  #letIn(): void {
    while (this.isBusy) {
      const outcome = this.#put(this.#visitors[0]!.line);
      if (outcome === 'full') return;
      this.#leave(outcome);
    }
  }

  #leave(waited: Waited): void {
    const visitor = this.#visitors.shift();
    if (visitor === undefined) return;
    this.#length -= visitor.line.length;
    visitor.settle(waited);
  }
}
