import type { LogPosition } from '@kaizen-trace/assembler-runtime';
import { comesBefore } from '@kaizen-trace/assembler-runtime';
import { millis } from '@kaizen-trace/contracts';
import { offset, type LogReader } from '@kaizen-trace/ports';
import { fits, letterOf, type Letter, type LetterFilter } from './letter.js';
import type { RedrivenIndex } from './redriven-index.js';

/** A letter, and whether it was brought back. */
export interface FoundLetter {
  readonly letter: Letter;
  readonly redriven: boolean;
}

export interface LetterQuery extends LetterFilter {
  readonly limit: number;
  /** Only what is older. */
  readonly after?: LogPosition;
  /** Only letters that were brought back, or that were not. */
  readonly redriven?: boolean;
}

export interface LetterPage {
  /** Newest first. */
  readonly letters: readonly FoundLetter[];
  /** Where to go on; undefined where nothing older is left. */
  readonly next: LogPosition | undefined;
}

/** How much one request may look at before it hands the rest on. */
export interface ReadBudget {
  readonly letters: number;
  readonly milliseconds: number;
}

const firstWindow = 64;
const largestWindow = 1_024;

/** From where to where letters of a partition may fit, by offset. */
export const rangeOf = async (
  log: LogReader,
  partition: number,
  { from, to, after }: Pick<LetterQuery, 'from' | 'to' | 'after'>,
): Promise<{ readonly low: bigint; readonly high: bigint }> => {
  const { start, end } = await log.bounds(partition);
  const low = from === undefined ? start : await log.offsetAt(partition, millis(from));
  const limits = [to, after === undefined ? undefined : after.time + 1].filter((time) => time !== undefined);
  const high = limits.length === 0 ? end : await log.offsetAt(partition, millis(Math.min(...limits)));
  return { low: low < start ? start : low, high: high > end ? end : high };
};

/** The letters of one partition, newest first, read in windows that grow. */
async function* newestFirst(
  { log, index }: LetterSource,
  partition: number,
  query: LetterQuery,
): AsyncGenerator<FoundLetter> {
  const { low, high } = await rangeOf(log, partition, query);
  let window = firstWindow;
  for (let end = high; end > low; window = Math.min(window * 2, largestWindow)) {
    const start = end - BigInt(window) > low ? end - BigInt(window) : low;
    const letters: Letter[] = [];
    for await (const { records } of log.scan({ partition, from: offset(start), to: offset(end) })) {
      for (const record of records) {
        const letter = letterOf(partition, record);
        if (letter !== undefined) letters.push(letter);
      }
    }
    const redriven = await index.since(partition, start);
    for (const letter of letters.reverse()) yield { letter, redriven: redriven.has(letter.offset) };
    end = start;
  }
}

export interface LetterSource {
  readonly log: LogReader;
  readonly index: RedrivenIndex;
}

/** One partition's next letter, not taken yet. */
interface Head {
  readonly found: FoundLetter;
  readonly rest: AsyncGenerator<FoundLetter>;
}

const nextHead = async (rest: AsyncGenerator<FoundLetter>): Promise<Head | undefined> => {
  const next = await rest.next();
  return next.done === true ? undefined : { found: next.value, rest };
};

const suits = ({ letter, redriven }: FoundLetter, query: LetterQuery): boolean =>
  fits(letter, query) &&
  (query.after === undefined || comesBefore('newest', query.after, letter)) &&
  (query.redriven === undefined || query.redriven === redriven);

/** The newest letters that fit, over all partitions. Looks at no more than the budget allows, and says where to go on. */
export const readNewest = async (
  source: LetterSource,
  query: LetterQuery,
  budget: ReadBudget,
): Promise<LetterPage> => {
  const deadline = Date.now() + budget.milliseconds;
  const count = await source.log.partitionCount();
  const readers = Array.from({ length: count }, (_, partition) => newestFirst(source, partition, query));
  let heads = (await Promise.all(readers.map(nextHead))).filter((head) => head !== undefined);
  const letters: FoundLetter[] = [];
  let last: LogPosition | undefined;
  for (let looked = 0; heads.length > 0; looked += 1) {
    if (letters.length >= query.limit || looked >= budget.letters || Date.now() > deadline)
      return { letters, next: last ?? query.after };
    const newest = heads.reduce((a, b) => (comesBefore('newest', a.found.letter, b.found.letter) ? a : b));
    last = newest.found.letter;
    if (suits(newest.found, query)) letters.push(newest.found);
    const next = await nextHead(newest.rest);
    heads = heads.flatMap((head) => (head !== newest ? [head] : next === undefined ? [] : [next]));
  }
  return { letters, next: undefined };
};
