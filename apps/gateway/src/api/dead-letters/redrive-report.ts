import type { Letter } from './letter.js';
import { letterToJson, type LetterJson } from './letter.js';

/** What came of a redrive, also of one that ended early. */
export interface RedriveReport {
  readonly dry_run: boolean;
  /** Letters brought back now; in a dry run, those that would be. */
  readonly redriven: { readonly events: number; readonly spans: number };
  /** Letters that were brought back before, and were left alone. */
  readonly done_before: number;
  /** Letters that cannot come back, or that the backend refused again. */
  readonly refused: number;
  /** The first of those letters, with their reasons. */
  readonly refusals: readonly { readonly letter: LetterJson; readonly reason: string }[];
  /** The first of the letters that came back, or would. */
  readonly letters: readonly LetterJson[];
  /** Whether the limit left letters behind. */
  readonly more: boolean;
  /** Why it ended early. What is counted above has happened all the same. */
  readonly failure: string | null;
}

/** Letters that a report names; the rest it counts. */
const mostShown = 100;

/** Counts what happens, and names the first hundred letters of each kind. */
export interface ReportBuilder {
  redriven(kind: 'events' | 'spans', letters: readonly Letter[]): void;
  doneBefore(): void;
  refused(letter: Letter, reason: string): void;
  more(): void;
  failed(reason: string): void;
  readonly total: number;
  readonly report: RedriveReport;
}

export const createReport = (dryRun: boolean): ReportBuilder => {
  const counts = { events: 0, spans: 0, doneBefore: 0, refused: 0 };
  const refusals: { readonly letter: LetterJson; readonly reason: string }[] = [];
  const shown: LetterJson[] = [];
  let [more, failure]: [boolean, string | null] = [false, null];
  return {
    redriven: (kind, letters) => {
      counts[kind] += letters.length;
      const room = Math.max(0, mostShown - shown.length);
      shown.push(...letters.slice(0, room).map((letter) => letterToJson(letter, !dryRun)));
    },
    doneBefore: () => void (counts.doneBefore += 1),
    refused: (letter, reason) => {
      counts.refused += 1;
      if (refusals.length < mostShown) refusals.push({ letter: letterToJson(letter, false), reason });
    },
    more: () => void (more = true),
    failed: (reason) => void (failure = reason),
    get total() {
      return counts.events + counts.spans;
    },
    get report() {
      const { events, spans, doneBefore, refused } = counts;
      return {
        dry_run: dryRun,
        redriven: { events, spans },
        done_before: doneBefore,
        refused,
        refusals,
        letters: shown,
        more,
        failure,
      };
    },
  };
};
