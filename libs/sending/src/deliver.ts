import { setTimeout as sleep } from 'node:timers/promises';
import { unreachable } from '@kaizen-trace/contracts';
import type { Outgoing, Rejection, SendOutcome, Sink } from './sink.js';

/** How a batch ended, all attempts included. */
export type Delivery =
  | { readonly type: 'taken'; readonly rejected: readonly Rejection[] }
  /** `from`: the first line that was not certainly taken; `uncertain`: lines from there on may have been taken. */
  | {
      readonly type: 'failed';
      readonly reason: string;
      readonly from: number;
      readonly uncertain: boolean;
      readonly rejected: readonly Rejection[];
    };

/** For how long to try. */
export interface Patience {
  /** Milliseconds without progress after which to give up. */
  readonly timeoutMs: number;
  /** Ends waiting and the attempt under way. */
  readonly signal: AbortSignal;
  /** Told of each attempt that must be repeated; `uncertain`: some of it may have been taken all the same. */
  readonly onWait: (wait: {
    readonly reason: string;
    readonly forMs: number;
    readonly uncertain: boolean;
  }) => void;
}

const firstWaitMs = 100;
const longestWaitMs = 5_000;
const lastAttemptMs = 1_000;

/** Resolves after `ms`, or at once when the signal aborts. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined);

const isAborted = ({ aborted }: AbortSignal): boolean => aborted;

type Settled = Exclude<SendOutcome, { type: 'retryable' }>;
type GivenUp = { readonly type: 'gave-up'; readonly reason: string; readonly uncertain: boolean };

/** Repeats the attempt while it is retryable and patience lasts. */
const attempt = async <Payload>(
  sink: Sink<Payload>,
  batch: readonly Outgoing<Payload>[],
  { timeoutMs, signal, onWait }: Patience,
): Promise<Settled | GivenUp> => {
  const deadline = performance.now() + timeoutMs;
  let uncertain = false;
  for (let backoffMs = firstWaitMs; ; backoffMs = Math.min(longestWaitMs, backoffMs * 2)) {
    // The last attempt, at the deadline, gets a moment for its answer.
    const left = Math.max(lastAttemptMs, Math.ceil(deadline - performance.now()));
    const outcome = await sink.send(batch, AbortSignal.any([signal, AbortSignal.timeout(left)]));
    if (outcome.type !== 'retryable') return outcome;
    uncertain ||= outcome.uncertain;
    if (isAborted(signal)) return { type: 'gave-up', reason: 'interrupted', uncertain };
    // Who says "at once" again and again must not be asked as fast as it answers.
    const waitMs = Math.max(firstWaitMs, outcome.retryAfterMs ?? backoffMs * (0.75 + Math.random() / 2));
    const restMs = deadline - performance.now();
    if (restMs <= 0) return { type: 'gave-up', reason: outcome.reason, uncertain };
    const forMs = Math.min(waitMs, restMs);
    onWait({ reason: outcome.reason, forMs, uncertain: outcome.uncertain });
    await pause(forMs, signal);
    if (isAborted(signal)) return { type: 'gave-up', reason: 'interrupted', uncertain };
  }
};

/**
 * Hands a batch over, in order: repeats what may be repeated, halves what is too large. Gives up after `timeoutMs`
 * without progress. A repeat may reach the log twice; the events bear their ids, so that it is recognised there.
 */
export const deliver = async <Payload>(
  sink: Sink<Payload>,
  batch: readonly Outgoing<Payload>[],
  patience: Patience,
): Promise<Delivery> => {
  const from = batch[0]!.line;
  const outcome = await attempt(sink, batch, patience);
  switch (outcome.type) {
    case 'taken':
      return outcome;
    case 'gave-up':
      return { type: 'failed', reason: outcome.reason, from, uncertain: outcome.uncertain, rejected: [] };
    case 'refused':
      return { type: 'failed', reason: outcome.reason, from, uncertain: false, rejected: [] };
    case 'too-large': {
      if (batch.length === 1)
        return { type: 'taken', rejected: [{ line: from, field: null, reason: outcome.reason }] };
      const middle = batch.length >> 1;
      const first = await deliver(sink, batch.slice(0, middle), patience);
      if (first.type === 'failed') return first;
      const second = await deliver(sink, batch.slice(middle), patience);
      return { ...second, rejected: [...first.rejected, ...second.rejected] };
    }
    default:
      return unreachable(outcome);
  }
};
