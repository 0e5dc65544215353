import { unreachable } from '@kaizen-trace/contracts';
import {
  redrivenFromHeader,
  withoutDeadLetterHeaders,
  type DeadLetter,
  type DeadLetterStage,
  type LogRecord,
} from '@kaizen-trace/ports';
import { fits, type Letter, type LetterFilter } from './letter.js';

/** What to bring back. */
export interface RedriveRequest {
  readonly filter: LetterFilter;
  /** These letters and no others; the filter holds for them too. Undefined: every letter that fits. */
  readonly letters: readonly { readonly partition: number; readonly offset: bigint }[] | undefined;
  /** Whether letters that were brought back come back once more. */
  readonly again: boolean;
  /** Only say what would come back. */
  readonly dryRun: boolean;
  /** At most so many letters. */
  readonly limit: number;
}

/** What to do about a letter that was asked for. */
export type LetterPlan =
  | { readonly type: 'done-before' }
  | { readonly type: 'event'; readonly partition: number; readonly record: DeadLetter }
  | { readonly type: 'spans'; readonly request: Uint8Array }
  /** The reason is for people. */
  | { readonly type: 'impossible'; readonly reason: string };

const stages: readonly string[] = ['decode', 'validate', 'export'] satisfies readonly DeadLetterStage[];

const isStage = (stage: string | undefined): stage is DeadLetterStage =>
  stage !== undefined && stages.includes(stage);

/** Whether the letter is among those that are asked for. */
export const isAskedFor = (letter: Letter, { filter, letters }: RedriveRequest): boolean =>
  (letters === undefined ||
    letters.some((one) => one.partition === letter.partition && one.offset === letter.offset)) &&
  fits(letter, filter);

const encoder = new TextEncoder();

/** The record as it first was, and a header that says which letter it comes from. */
const originalOf = (letter: Letter, record: LogRecord): DeadLetter => ({
  key: record.key,
  value: record.value,
  headers: [
    ...withoutDeadLetterHeaders(record.headers).filter(([name]) => name !== redrivenFromHeader),
    [redrivenFromHeader, encoder.encode(`${letter.partition}/${letter.offset}`)],
  ],
});

const eventPlan = (letter: Letter, record: LogRecord, partitions: number): LetterPlan => {
  const source = Number(letter.source.partition);
  // Where it was, not where its key would go: the rest of its trace lies there, whatever partitioner its producer had.
  if (!Number.isInteger(source) || source < 0 || source >= partitions)
    return { type: 'impossible', reason: 'its headers name no partition of the log' };
  return { type: 'event', partition: source, record: originalOf(letter, record) };
};

/** What becomes of a letter that is asked for. */
export const planFor = (
  {
    letter,
    record,
    redriven,
  }: { readonly letter: Letter; readonly record: LogRecord; readonly redriven: boolean },
  { again }: RedriveRequest,
  partitions: number,
): LetterPlan => {
  if (redriven && !again) return { type: 'done-before' };
  const { stage } = letter;
  if (!isStage(stage)) return { type: 'impossible', reason: 'its headers name no stage that is known' };
  switch (stage) {
    case 'decode':
    case 'validate':
      return eventPlan(letter, record, partitions);
    case 'export':
      return record.value === null
        ? { type: 'impossible', reason: 'it has no spans' }
        : { type: 'spans', request: record.value };
    default:
      return unreachable(stage);
  }
};
