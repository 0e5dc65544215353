import type { LogConnection } from '@kaizen-trace/ports';
import { deadlineAfter, reasonOf } from '@kaizen-trace/sending';
import type { Lists } from './lists.js';
import { Outgoing } from './outgoing.js';
import { inParallel } from './parallel.js';
import { replayPartition } from './replay-partition.js';
import { dropResume, type ReplayJob, type ReplayPosition, saveResume } from './resume.js';
import { compileFilter } from './span-filter.js';
import type { Tally } from './tally.js';
import type { ReplayTarget } from './target.js';

/** How a job is carried out; nothing of it changes what is exported. */
export interface RunOptions {
  readonly log: Pick<LogConnection, 'events'>;
  readonly topic: string;
  readonly target: ReplayTarget;
  readonly parallel: number;
  readonly lists: Lists;
  /** Made for the job's plans; counts as it goes. */
  readonly tally: Tally;
  /** Told of what the target refuses. */
  readonly refused: (spans: number, reason: string) => void;
  /** Ends it, in order. */
  readonly signal: AbortSignal;
  /** Called now and then, where others want their turn in between. */
  readonly breathe?: (() => Promise<void>) | undefined;
  /** Where the position is saved now and then; undefined: nowhere. */
  readonly resumeFile: string | undefined;
  readonly resumeAt: ReplayPosition | undefined;
}

export type ReplayEnd =
  | { readonly type: 'done'; readonly refused: number }
  | { readonly type: 'interrupted' }
  | { readonly type: 'failed'; readonly reason: string };

const saveEveryMs = 2_000;

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
}

const openOutgoing = (
  job: ReplayJob,
  options: RunOptions,
  way: Omit<Running, 'outgoing'> & { readonly cancel: AbortSignal },
): ReadonlyMap<number, Outgoing> => {
  const { tally, stopping, cancel } = way;
  const observer = {
    taken: (spans: number, refused: readonly { readonly spans: number; readonly reason: string }[]) => {
      const lost = refused.reduce((sum, each) => sum + each.spans, 0);
      tally.taken += spans - lost;
      tally.refused += lost;
      for (const each of refused) options.refused(each.spans, each.reason);
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
  job: ReplayJob,
  options: RunOptions,
  { tally, stopping, outgoing }: Running,
): Promise<void> => {
  const replay = {
    events: options.log.events,
    topic: options.topic,
    filter: compileFilter(job.filter),
    services: job.filter.services,
    lists: options.lists,
    tally,
    skipIncomplete: job.skipIncomplete,
    signal: stopping.signal,
    breathe: options.breathe,
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

/** Carries a job out, from where an earlier run came to. Errors of the fold become the end's reason. */
export const runReplay = async (job: ReplayJob, options: RunOptions): Promise<ReplayEnd> => {
  const { tally, signal } = options;
  tally.taken = options.resumeAt?.taken ?? 0;
  tally.refused = options.resumeAt?.refused ?? 0;
  const stopping = createStopping(signal);
  const running = { tally, stopping };
  const outgoing = openOutgoing(job, options, { ...running, cancel: deadlineAfter(stopping.signal) });
  const saver = createSaver(job, options, () => ({
    positions: new Map([...outgoing].map(([partition, each]) => [partition, each.position])),
    writtenBytes: options.target.writtenBytes(),
    taken: tally.taken,
    refused: tally.refused,
  }));
  await foldAll(job, options, { ...running, outgoing });
  saver.stop();
  const reason = stopping.reason();
  await saver.save();
  if (reason === undefined && !signal.aborted) {
    if (options.resumeFile !== undefined) await dropResume(options.resumeFile);
    return { type: 'done', refused: tally.refused };
  }
  return reason === undefined ? { type: 'interrupted' } : { type: 'failed', reason };
};
