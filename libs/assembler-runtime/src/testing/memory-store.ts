import {
  dueOf,
  offset,
  traceOfKey,
  type Offset,
  type StateEntry,
  type StateStore,
} from '@kaizen-trace/ports';

/** A state store in a map, for what needs no log. */
export class MemoryStore implements StateStore {
  readonly values = new Map<string, Uint8Array>();
  readonly #settled: Offset = offset(0n);

  write(entries: readonly StateEntry[]): void {
    for (const { key, value } of entries) {
      if (value === null) this.values.delete(key);
      // A copy, since the value is a view of memory that is written again.
      else this.values.set(key, Uint8Array.from(value));
    }
  }

  settled(): Offset {
    return this.#settled;
  }

  hurry(): void {
    // Nothing waits.
  }

  get(key: string): Uint8Array | undefined {
    return this.values.get(key);
  }

  entriesOf(trace: string): readonly StateEntry[] {
    return this.#entries().filter(({ key }) => traceOfKey(key) === trace);
  }

  due({ after, through }: { after: number; through: number }): {
    readonly traces: readonly string[];
    readonly through: number;
  } {
    const rows = this.#rows().filter(([due]) => due > after && due <= through);
    return { traces: rows.map(([, trace]) => trace), through };
  }

  nextDue(after: number): number | undefined {
    return this.#rows().find(([due]) => due > after)?.[0];
  }

  distrust(): boolean {
    return false;
  }

  all(): Iterable<readonly StateEntry[]> {
    return [this.#entries()];
  }

  #entries(): readonly StateEntry[] {
    return [...this.values].map(([key, value]) => ({ key, value }));
  }

  #rows(): readonly (readonly [due: number, trace: string])[] {
    return [...this.values]
      .map(([key, value]) => [dueOf(key, value), traceOfKey(key) ?? ''] as const)
      .filter(([due]) => due > 0)
      .sort(([a], [b]) => a - b);
  }
}
