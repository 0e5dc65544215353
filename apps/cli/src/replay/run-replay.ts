import type { LogConnection } from '@kaizen-trace/ports';
import type { CommandContext } from '../terminal/io.js';
import { count, type Progress, showProgress } from '../terminal/progress.js';
import { deadlineAfter } from '../commands/outcome.js';
import { reasonOf } from '../terminal/errors.js';
import { createLists } from './lists.js';
import { Outgoing } from './outgoing.js';
import { inParallel } from './parallel.js';
import { replayPartition } from './replay-partition.js';
import { dropResume, type ReplayJob, type ReplayPosition, saveResume } from './resume.js';
import { compileFilter } from './span-filter.js';
import { createTally, type Tally } from './tally.js';
import type { ReplayTarget } from './target.js';

/** How a job is carried out; nothing of it changes what is exported. */
export interface RunOptions {
  readonly log: Pick<LogConnection, 'events'>;
  readonly topic: string;
  readonly target: ReplayTarget;
  readonly parallel: number;
  readonly json: boolean;
  /** Where the position is saved now and then; undefined: nowhere. */
  readonly resumeFile: string | undefined;
  readonly resumeAt: ReplayPosition | undefined;
}

export type ReplayEnd =
  | { readonly type: 'done'; readonly refused: number }
  | { readonly type: 'interrupted' }
  | { readonly type: 'failed'; readonly reason: string };

const saveEveryMs = 2_000;

const summary = (tally: Tally, job: ReplayJob, target: string): string => {
  const parts = [
    `${count(tally.records)} records of ${count(job.plans.length)} partitions folded (${tally.rate()})`,
    `${count(tally.taken)} spans to ${target}`,
    ...(tally.refused > 0 ? [`${count(tally.refused)} refused`] : []),
    ...(tally.skipped > 0 ? [`${count(tally.skipped)} left out, of incomplete traces`] : []),
    ...(tally.deadLetters > 0 ? [`${count(tally.deadLetters)} records are no events`] : []),
    ...(tally.incomplete > 0 ? [`${count(tally.incomplete)} traces are incomplete (listed)`] : []),
    ...(tally.open > 0 ? [`${count(tally.open)} operations are still open (listed, not exported)`] : []),
  ];
  return parts.join('; ');
};

/** Saves the position one write after the other; a failure is told once the job ends. */
const createSaver = (job: ReplayJob, options: RunOptions, look: () => ReplayPosition) => {
  const { resumeFile } = options;
  let saving: Promise<void> = Promise.resolve();
  const save = (): Promise<void> => {
    if (resumeFile === undefined) return Promise.resolve();
    // Looked at now, not when the write before is through: file and positions belong together.
    const at = look();
    saving = saving.catch(() => undefined).then(() => saveResume(resumeFile, job, at));
    return saving;
  };
  const timer = setInterval(() => void save().catch(() => undefined), saveEveryMs);
  timer.unref();
  return { save, stop: () => clearInterval(timer) };
};

/** Why partitions stopped before their end, the first reason first. */
interface Stopping {
  readonly signal: AbortSignal;
  fail(reason: string): void;
  reason(): string | undefined;
}

const createStopping = (interrupt: AbortSignal): Stopping => {
  const failing = new AbortController();
  let first: string | undefined;
  return {
    signal: AbortSignal.any([interrupt, failing.signal]),
    fail: (reason) => {
      first ??= reason;
      failing.abort();
    },
    reason: () => first,
  };
};

interface Running {
  readonly tally: Tally;
  readonly stopping: Stopping;
  readonly outgoing: ReadonlyMap<number, Outgoing>;
  readonly note: (line: string) => void;
}

const openOutgoing = (
  job: ReplayJob,
  options: RunOptions,
  way: Omit<Running, 'outgoing'> & { readonly cancel: AbortSignal },
): ReadonlyMap<number, Outgoing> => {
  const { tally, stopping, note, cancel } = way;
  const observer = {
    taken: (spans: number, refused: readonly { readonly spans: number; readonly reason: string }[]) => {
      const lost = refused.reduce((sum, each) => sum + each.spans, 0);
      tally.taken += spans - lost;
      tally.refused += lost;
      for (const each of refused) note(`${count(each.spans)} spans refused: ${each.reason}`);
    },
    failed: (reason: string) => stopping.fail(reason),
  };
  return new Map(
    job.plans.map(({ partition }) => [
      partition,
      new Outgoing(
        { target: options.target, observer, cancel },
        options.resumeAt?.positions.get(partition) ?? 0n,
      ),
    ]),
  );
};

const foldAll = async (
  context: CommandContext,
  job: ReplayJob,
  parts: Running & { readonly options: RunOptions },
): Promise<void> => {
  const { options, tally, stopping, outgoing } = parts;
  const replay = {
    events: options.log.events,
    topic: options.topic,
    filter: compileFilter(job.filter),
    services: job.filter.services,
    lists: createLists(context.stdout, options.json),
    tally,
    skipIncomplete: job.skipIncomplete,
    signal: stopping.signal,
  };
  await inParallel(job.plans, options.parallel, async (plan) => {
    if (stopping.signal.aborted) return;
    try {
      await replayPartition(replay, plan, outgoing.get(plan.partition)!);
    } catch (error) {
      stopping.fail(
        `partition ${plan.partition}: ${error instanceof Error ? error.message : reasonOf(error)}`,
      );
    }
  });
};

/** Carries a job out, from where an earlier run came to, showing how far it is. Errors become the end's reason. */
export const runReplay = async (
  context: CommandContext,
  job: ReplayJob,
  options: RunOptions,
): Promise<ReplayEnd> => {
  const tally = createTally(job.plans);
  tally.taken = options.resumeAt?.taken ?? 0;
  tally.refused = options.resumeAt?.refused ?? 0;
  const stopping = createStopping(context.signal);
  let progress: Progress | undefined;
  const note = (line: string): void =>
    progress ? progress.note(line) : void context.stderr.write(`${line}\n`);
  const running = { tally, stopping, note };
  const outgoing = openOutgoing(job, options, { ...running, cancel: deadlineAfter(stopping.signal) });
  const saver = createSaver(job, options, () => ({
    positions: new Map([...outgoing].map(([partition, each]) => [partition, each.position])),
    writtenBytes: options.target.writtenBytes(),
    taken: tally.taken,
    refused: tally.refused,
  }));
  progress = showProgress(context.stderr, () => tally.progress(options.target.name));
  await foldAll(context, job, { ...running, outgoing, options });
  saver.stop();
  progress.stop();
  progress = undefined;
  note(summary(tally, job, options.target.name));
  const reason = stopping.reason();
  if (reason === undefined && !context.signal.aborted) {
    await saver.save();
    if (options.resumeFile !== undefined) await dropResume(options.resumeFile);
    return { type: 'done', refused: tally.refused };
  }
  await saver.save();
  return reason === undefined ? { type: 'interrupted' } : { type: 'failed', reason };
};
