import type { ReplayJob, Tally, VerifySum } from '@kaizen-trace/replay';
import { count, perSecond, type ProgressState } from '../terminal/progress.js';

/** `90 s`, `12 min`, `3.5 h`. */
const describeDuration = (ms: number): string => {
  const seconds = Math.max(0, ms / 1000);
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  if (seconds < 6_000) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
};

/** Records a second, since the replay began. */
export const rateOf = ({ records, began }: Tally): string => perSecond(records, performance.now() - began);

/** How far a replay is, for people. */
export const progressOf = (tally: Tally, target: string): ProgressState => {
  const fraction = tally.fraction();
  const elapsed = performance.now() - tally.began;
  // Nothing can be told of the first moments.
  const left = fraction < 0.01 ? '' : `  ${describeDuration((elapsed / fraction) * (1 - fraction))} left`;
  return {
    fraction,
    text: `${count(tally.records)} records  ${rateOf(tally)}${left}  ${count(tally.taken)} spans to ${target}`,
  };
};

/** What a replay has done, on one line. */
export const summaryOf = (tally: Tally, job: ReplayJob, target: string): string => {
  const parts = [
    `${count(tally.records)} records of ${count(job.plans.length)} partitions folded (${rateOf(tally)})`,
    `${count(tally.taken)} spans to ${target}`,
    ...(tally.refused > 0 ? [`${count(tally.refused)} refused`] : []),
    ...(tally.skipped > 0 ? [`${count(tally.skipped)} left out, of incomplete traces`] : []),
    ...(tally.deadLetters > 0 ? [`${count(tally.deadLetters)} records are no events`] : []),
    ...(tally.incomplete > 0 ? [`${count(tally.incomplete)} traces are incomplete (listed)`] : []),
    ...(tally.open > 0 ? [`${count(tally.open)} operations are still open (listed, not exported)`] : []),
  ];
  return parts.join('; ');
};

/** What a comparison found, line by line. */
export const verdictOf = (
  sum: VerifySum,
  { spansTopic, tally, partitions }: { spansTopic: string; tally: Tally; partitions: number },
): readonly string[] => [
  `${count(tally.records)} records of ${count(partitions)} partitions folded (${rateOf(tally)}); ` +
    `${count(sum.matched)} spans on ${spansTopic} are what the log gives, byte for byte; ` +
    `${count(sum.differences)} differences${sum.differences > 0 ? ' (listed)' : ''}`,
  ...(sum.gone > 0
    ? [`${count(sum.gone)} older spans are on ${spansTopic} no longer, by its retention`]
    : []),
  ...(sum.unfolded.length > 0
    ? [`partitions ${sum.unfolded.join(', ')}: no assembler has committed anything yet`]
    : []),
  ...(sum.resettled.length > 0
    ? [
        `partitions ${sum.resettled.join(', ')}: the state keeps more than one assembly setting; a span may look as any of ` +
          'them gives it, and spans under settings that are kept no longer show as differences',
      ]
    : []),
];
