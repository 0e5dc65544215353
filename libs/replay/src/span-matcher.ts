import type { Difference } from './lists.js';
import { WaitingSpans } from './waiting-spans.js';

/** A span as it is compared. */
export interface ComparedSpan {
  /** Trace id and span id. */
  readonly key: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly name: string;
}

/** A span that the fold gives. */
export interface ComputedSpan extends ComparedSpan {
  /** What it may look like: resource, scope and span by hash; several where several settings are kept. */
  readonly hashes: readonly string[];
  /** Whether the topic has to have it. Others are there only so that the topic's are recognised. */
  readonly required: boolean;
  /** Of the record that finished it. */
  readonly offset: bigint;
  readonly time: number;
}

/** A span that the topic holds. */
export interface LiveSpan extends ComparedSpan {
  readonly hash: string;
  readonly spanOffset: bigint;
  readonly time: number;
}

export interface MatcherOptions {
  readonly partition: number;
  /** Spans that wait for their counterpart, on each side. */
  readonly window: number;
  /** The topic has lost its first spans, so what comes before the first match may have been among them. */
  readonly liveBeginningGone: boolean;
  /** Whatever the topic begins with must come from the fold: the log is folded from its very first record. */
  readonly fromFirst: boolean;
  /** The same of the topic's end. */
  readonly toLast: boolean;
}

type Ordered<Span> = Span & { readonly order: number };

interface Matched {
  readonly computed: number;
  readonly live: number;
}

/**
 * Compares two streams of spans that come in nearly the same order, with memory for a window of each. Whatever has no
 * counterpart within the window, or within what is left at the end, is a difference.
 */
export class SpanMatcher {
  matched = 0;
  /** Spans of the fold that the topic no longer holds, by its retention. */
  gone = 0;
  readonly #options: MatcherOptions;
  readonly #report: (difference: Difference) => void;
  readonly #computed = new WaitingSpans<Ordered<ComputedSpan>>();
  readonly #live = new WaitingSpans<Ordered<LiveSpan>>();
  #order = 0;
  #computedEnded = false;
  #first: Matched | undefined;
  #firstRequired: Matched | undefined;
  #lastRequired: Matched | undefined;
  #firstLiveTime: number | undefined;

  constructor(options: MatcherOptions, report: (difference: Difference) => void) {
    this.#options = options;
    this.#report = report;
  }

  /** Spans that wait for their counterpart now. */
  get waiting(): number {
    return this.#computed.size + this.#live.size;
  }

  /** Whether the topic should be read on: something of the fold waits, and there is room. */
  wantsLive(): boolean {
    if (this.#computed.size === 0) return false;
    if (this.#live.size < this.#options.window) return true;
    if (this.#computed.size < this.#options.window) return false;
    // Both are full: the older side has no counterpart to come any more.
    const computed = this.#computed.oldest();
    const live = this.#live.oldest();
    if (live.time < computed.time) this.#dropLive(live);
    else this.#dropComputed(computed);
    return this.#live.size < this.#options.window;
  }

  /** Whether everything that the topic has to have was found. */
  isSatisfied(): boolean {
    for (const { required } of this.#computed.values()) if (required) return false;
    return true;
  }

  offerComputed(span: ComputedSpan): void {
    const placed = { ...span, order: this.#order++ };
    const live = this.#live.take(span.key);
    if (live !== undefined) {
      this.#pair(placed, live);
      return;
    }
    if (this.#computed.size >= this.#options.window) this.#dropComputed(this.#computed.oldest());
    this.#computed.add(placed);
  }

  offerLive(span: LiveSpan): void {
    this.#firstLiveTime ??= span.time;
    const placed = { ...span, order: this.#order++ };
    const computed = this.#computed.take(span.key);
    if (computed !== undefined) {
      this.#pair(computed, placed);
      return;
    }
    if (this.#computedEnded) this.#dropLive(placed);
    else this.#live.add(placed);
  }

  /** The fold gives no more: what the topic has besides what is still awaited has no counterpart. */
  endComputed(): void {
    this.#computedEnded = true;
    for (const span of [...this.#live.values()]) this.#dropLive(span);
  }

  /** What is left has no counterpart. */
  finish(): void {
    for (const span of [...this.#computed.values()]) this.#dropComputed(span);
    for (const span of [...this.#live.values()]) this.#dropLive(span);
  }

  #pair(computed: Ordered<ComputedSpan>, live: Ordered<LiveSpan>): void {
    const at = { computed: computed.order, live: live.order };
    this.#first ??= at;
    if (!computed.required) return;
    this.#firstRequired ??= at;
    this.#lastRequired = at;
    if (computed.hashes.includes(live.hash)) this.matched += 1;
    else this.#tell('different', { ...computed, spanOffset: live.spanOffset });
  }

  #dropComputed(span: Ordered<ComputedSpan>): void {
    this.#computed.remove(span);
    if (!span.required) return;
    const first = this.#first?.computed;
    const older = first === undefined ? span.time <= (this.#firstLiveTime ?? Infinity) : span.order < first;
    if (this.#options.liveBeginningGone && older) this.gone += 1;
    else this.#tell('missing', span);
  }

  #dropLive(span: Ordered<LiveSpan>): void {
    this.#live.remove(span);
    const { fromFirst, toLast } = this.#options;
    const begun = fromFirst || (this.#firstRequired !== undefined && span.order > this.#firstRequired.live);
    const ended = !toLast && (this.#lastRequired === undefined || span.order > this.#lastRequired.live);
    if (begun && !ended) this.#tell('extra', span);
  }

  #tell(
    difference: Difference['difference'],
    span: ComparedSpan & { readonly offset?: bigint; readonly spanOffset?: bigint },
  ): void {
    const { traceId, spanId, name, offset, spanOffset } = span;
    const { partition } = this.#options;
    this.#report({ partition, difference, traceId, spanId, name, offset, spanOffset });
  }
}
