import { setTimeout as sleep } from 'node:timers/promises';
import type { AssemblySettings } from '@kaizen-trace/assembler-core';
import type { StateOwner } from '@kaizen-trace/assembler-runtime';
import { unreachable } from '@kaizen-trace/contracts';
import type { OtlpClientOptions } from '@kaizen-trace/otlp';
import type { LogConnection, LogReader } from '@kaizen-trace/ports';
import {
  createTally,
  guardLayout,
  nowhere,
  openOtlpTarget,
  planReplay,
  ReplayRefusedError,
  runReplay,
  runVerify,
  type PartitionPlan,
  type ReplayEnd,
  type ReplayTarget,
  type Tally,
  type VerifySum,
} from '@kaizen-trace/replay';
import type { ReplayJson, ReplayState, ShownReplay, VerdictJson } from './json.js';
import { createListing } from './listed.js';
import type { ReplayRequest } from './request.js';

/** What replays work with. */
export interface ReplaySource {
  readonly log: Pick<LogConnection, 'events' | 'state'>;
  readonly spans: LogReader;
  readonly owner: StateOwner;
  /** The settings of a partition that no assembler has folded yet. */
  readonly configured: AssemblySettings;
  /** Where the exporter sends; undefined: not known here, and nothing can be sent. */
  readonly backend: OtlpClientOptions | undefined;
}

/** Partitions at a time. */
const parallel = 4;
/** How long one request to the backend is tried. */
const patienceMs = 60_000;
/** The longest turn of a replay before requests to the gateway have theirs. */
const turnMs = 4;

/** Gives way after each turn of some milliseconds: a replay then takes what others leave. */
const createBreath = (): (() => Promise<void>) => {
  let began = performance.now();
  return async () => {
    if (performance.now() - began < turnMs) return;
    await sleep(1);
    began = performance.now();
  };
};

const verdictOf = ({ matched, differences, gone, unfolded, resettled }: VerifySum): VerdictJson => ({
  matched,
  differences,
  gone,
  unfolded_partitions: unfolded,
  resettled_partitions: resettled,
});

/** Settles what is to be read. @throws ReplayRefusedError where that cannot be, naming why. */
export const planFor = async (
  { log, owner, configured, backend }: ReplaySource,
  { json, range }: ReplayRequest,
): Promise<readonly PartitionPlan[]> => {
  if (json.target === 'backend' && backend === undefined)
    throw new ReplayRefusedError('no backend is known here: start the gateway with the exporter’s settings');
  const plans = await planReplay({ log, owner, configured: () => Promise.resolve(configured) }, range);
  if (json.target === 'backend' && backend !== undefined)
    guardLayout({ client: backend, canonical: 'live' }, plans, ['live']);
  return plans;
};

/** One replay, from its beginning to what came of it. */
export class ReplayRun {
  readonly id: string;
  /** Settles when it has ended; never rejects. */
  readonly ended: Promise<void>;
  readonly #request: ReplayRequest;
  readonly #source: ReplaySource;
  readonly #plans: readonly PartitionPlan[];
  readonly #tally: Tally;
  readonly #listing = createListing();
  readonly #cancel = new AbortController();
  readonly #startedAt = new Date();
  #endedAt: Date | undefined;
  #tookMs = 0;
  #state: ReplayState = 'running';
  #failure: string | undefined;
  #waiting: string | undefined;
  #verdict: VerdictJson | undefined;

  constructor(
    id: string,
    source: ReplaySource,
    job: { readonly request: ReplayRequest; readonly plans: readonly PartitionPlan[] },
  ) {
    this.id = id;
    this.#source = source;
    this.#request = job.request;
    this.#plans = job.plans;
    this.#tally = createTally(job.plans);
    this.ended = this.#run();
  }

  get isRunning(): boolean {
    return this.#state === 'running';
  }

  /** Ends it, in order. What the backend has of it stays there: it is what it had before. */
  cancel(): void {
    this.#cancel.abort();
  }

  json(): ReplayJson {
    const tally = this.#tally;
    const elapsed = this.#endedAt === undefined ? performance.now() - tally.began : this.#tookMs;
    return {
      id: this.id,
      state: this.#state,
      request: this.#request.json,
      started_at: this.#startedAt.toISOString(),
      ended_at: this.#endedAt?.toISOString() ?? null,
      failure: this.#failure ?? null,
      waiting: this.isRunning ? (this.#waiting ?? null) : null,
      partitions: this.#plans.length,
      progress: {
        fraction: tally.fraction(),
        records: tally.records,
        records_per_second: Math.round((tally.records * 1_000) / Math.max(1, elapsed)),
        spans: tally.taken,
        refused: tally.refused,
        skipped: tally.skipped,
        incomplete: tally.incomplete,
        open: tally.open,
        dead_letters: tally.deadLetters,
      },
      verdict: this.#verdict ?? null,
    };
  }

  shown(): ShownReplay {
    return { ...this.json(), listed: this.#listing.json };
  }

  async #run(): Promise<void> {
    try {
      const end = this.#request.json.target === 'verify' ? await this.#verify() : await this.#replay();
      this.#settle(end);
    } catch (error) {
      this.#settle({ type: 'failed', reason: error instanceof Error ? error.message : String(error) });
    }
    this.#tookMs = performance.now() - this.#tally.began;
    this.#endedAt = new Date();
  }

  #settle(end: { readonly type: 'done' | 'interrupted' } | Extract<ReplayEnd, { type: 'failed' }>): void {
    switch (end.type) {
      case 'done':
        this.#state = 'done';
        return;
      case 'interrupted':
        this.#state = 'cancelled';
        return;
      case 'failed':
        this.#state = this.#cancel.signal.aborted ? 'cancelled' : 'failed';
        this.#failure = this.#cancel.signal.aborted ? undefined : end.reason;
        return;
      default:
        unreachable(end);
    }
  }

  #openTarget(): ReplayTarget {
    const { backend } = this.#source;
    if (this.#request.json.target !== 'backend' || backend === undefined) return nowhere;
    const onWait = (reason: string): void => {
      this.#waiting = reason;
    };
    const target = openOtlpTarget({ client: backend, timeoutMs: patienceMs, onWait });
    return {
      ...target,
      send: async (requests, cancel) => {
        const outcome = await target.send(requests, cancel);
        this.#waiting = undefined;
        return outcome;
      },
    };
  }

  async #replay(): Promise<ReplayEnd> {
    const { log, owner } = this.#source;
    const { filter, json } = this.#request;
    const target = this.#openTarget();
    const job = {
      log: `the topic ${owner.topic}`,
      target: { type: 'nowhere' } as const,
      filter,
      skipIncomplete: json.skip_incomplete,
      forced: false,
      plans: this.#plans,
    };
    try {
      return await runReplay(job, {
        log,
        topic: owner.topic,
        target,
        parallel,
        lists: this.#listing,
        tally: this.#tally,
        refused: (spans, reason) => this.#listing.refused(spans, reason),
        signal: this.#cancel.signal,
        breathe: createBreath(),
        resumeFile: undefined,
        resumeAt: undefined,
      });
    } finally {
      await target.close();
    }
  }

  async #verify(): Promise<
    { readonly type: 'done' | 'interrupted' } | { readonly type: 'failed'; readonly reason: string }
  > {
    const { log, spans, owner } = this.#source;
    const { end, sum } = await runVerify(this.#plans, {
      ...{ log, spans, owner, parallel },
      filter: this.#request.filter,
      lists: this.#listing,
      tally: this.#tally,
      signal: this.#cancel.signal,
      breathe: createBreath(),
    });
    this.#verdict = verdictOf(sum);
    return end;
  }
}
