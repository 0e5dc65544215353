/** A span in the order in which it was offered. */
export interface Placed {
  readonly key: string;
  readonly order: number;
}

/** Spans that wait for their counterpart, oldest first; several under one key where the log gives a span again. */
export class WaitingSpans<Span extends Placed> {
  readonly #spans = new Map<number, Span>();
  readonly #orders = new Map<string, readonly number[]>();

  get size(): number {
    return this.#spans.size;
  }

  add(span: Span): void {
    this.#spans.set(span.order, span);
    this.#orders.set(span.key, [...(this.#orders.get(span.key) ?? []), span.order]);
  }

  /** Takes out the oldest with this key. */
  take(key: string): Span | undefined {
    const [order] = this.#orders.get(key) ?? [];
    const span = order === undefined ? undefined : this.#spans.get(order);
    if (span !== undefined) this.remove(span);
    return span;
  }

  /** Takes out this one; one that does not wait changes nothing. */
  remove({ key, order }: Span): void {
    this.#spans.delete(order);
    const left = (this.#orders.get(key) ?? []).filter((each) => each !== order);
    if (left.length === 0) this.#orders.delete(key);
    else this.#orders.set(key, left);
  }

  /** The one that has waited longest; throws where none waits. */
  oldest(): Span {
    for (const span of this.#spans.values()) return span;
    throw new Error('nothing waits');
  }

  values(): IterableIterator<Span> {
    return this.#spans.values();
  }
}
