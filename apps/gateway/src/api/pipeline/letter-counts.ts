import { offset, readRedriveMark, type LogBounds, type LogReader, type LogRecord } from '@kaizen-trace/ports';
import { letterOf } from '../dead-letters/letter.js';
import type { LetterCountsJson } from './json.js';

/** Letters that are remembered of a partition, by their offset and reason: some hundred kilobytes. */
const mostLetters = 5_000;
/** Reasons that are told apart; producers can invent error classes no more than we can, but bytes may say anything. */
const mostReasons = 100;
/** How long one look may go on reading; the next goes on from there. */
const budgetMs = 1_000;

interface KnownLetter {
  readonly reason: string;
  redriven: boolean;
}

interface KnownPartition {
  next: bigint;
  /** Whether older letters were left out. */
  cut: boolean;
  /** In the order of their offsets. */
  readonly letters: Map<bigint, KnownLetter>;
}

interface Reason {
  readonly stage: string | null;
  readonly errorClass: string | null;
}

/** Counts dead letters by why they died, reading each record of their log once. */
export interface LetterCounts {
  count(): Promise<LetterCountsJson>;
}

class Counting implements LetterCounts {
  readonly #log: Pick<LogReader, 'allBounds' | 'scan'>;
  readonly #partitions = new Map<number, KnownPartition>();
  readonly #reasons = new Map<string, Reason>();
  #counting: Promise<LetterCountsJson> | undefined;

  constructor(log: Pick<LogReader, 'allBounds' | 'scan'>) {
    this.#log = log;
  }

  count(): Promise<LetterCountsJson> {
    return (this.#counting ??= this.#count().finally(() => (this.#counting = undefined)));
  }

  async #count(): Promise<LetterCountsJson> {
    const deadline = performance.now() + budgetMs;
    const bounds = await this.#log.allBounds();
    for (const [partition, each] of bounds.entries()) await this.#read(partition, each, deadline);
    return this.#shown(bounds);
  }

  #known(partition: number, { start, end }: LogBounds): KnownPartition {
    const found = this.#partitions.get(partition);
    if (found !== undefined && found.next <= end) return found;
    const from = end - BigInt(mostLetters);
    const made = { next: from > start ? from : start, cut: from > start, letters: new Map() };
    this.#partitions.set(partition, made);
    return made;
  }

  async #read(partition: number, bounds: LogBounds, deadline: number): Promise<void> {
    const known = this.#known(partition, bounds);
    for (const at of known.letters.keys()) {
      if (at >= bounds.start) break;
      known.letters.delete(at);
    }
    if (known.next < bounds.start) known.next = bounds.start;
    if (known.next >= bounds.end || performance.now() > deadline) return;
    const range = { partition, from: offset(known.next), to: bounds.end };
    for await (const { records, nextOffset } of this.#log.scan(range)) {
      for (const record of records) this.#take(known, partition, record);
      known.next = nextOffset;
      if (performance.now() > deadline) return;
    }
  }

  #take(known: KnownPartition, partition: number, record: LogRecord): void {
    const mark = readRedriveMark(record);
    if (mark !== undefined) {
      const letter = known.letters.get(mark);
      if (letter !== undefined) letter.redriven = true;
      return;
    }
    const letter = letterOf(partition, record);
    if (letter === undefined) return;
    const { stage = null, errorClass = null } = letter;
    known.letters.set(record.offset, { reason: this.#reasonKey({ stage, errorClass }), redriven: false });
    const [oldest] = known.letters.keys();
    if (known.letters.size <= mostLetters || oldest === undefined) return;
    known.letters.delete(oldest);
    known.cut = true;
  }

  #reasonKey(reason: Reason): string {
    const key = JSON.stringify([reason.stage, reason.errorClass]);
    if (this.#reasons.has(key)) return key;
    if (this.#reasons.size >= mostReasons) {
      this.#reasons.set('other', { stage: null, errorClass: 'other reasons' });
      return 'other';
    }
    this.#reasons.set(key, reason);
    return key;
  }

  #shown(bounds: readonly LogBounds[]): LetterCountsJson {
    const sums = new Map<string, { total: number; pending: number }>();
    let [total, pending, complete] = [0, 0, true];
    for (const [partition, { end }] of bounds.entries()) {
      const known = this.#partitions.get(partition);
      if (known === undefined || known.cut || known.next < end) complete = false;
      for (const { reason, redriven } of known?.letters.values() ?? []) {
        const sum = sums.get(reason) ?? { total: 0, pending: 0 };
        sum.total += 1;
        total += 1;
        if (!redriven) {
          sum.pending += 1;
          pending += 1;
        }
        sums.set(reason, sum);
      }
    }
    const byReason = [...sums].map(([key, sum]) => {
      const { stage = null, errorClass = null } = this.#reasons.get(key) ?? {};
      return { stage, error_class: errorClass, ...sum };
    });
    return { total, pending, by_reason: byReason.sort((a, b) => b.total - a.total), complete };
  }
}

/** Counts of a log of dead letters; the newest five thousand of each partition count. */
export const createLetterCounts = (log: Pick<LogReader, 'allBounds' | 'scan'>): LetterCounts =>
  new Counting(log);
