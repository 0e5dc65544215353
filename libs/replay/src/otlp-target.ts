import { setTimeout as sleep } from 'node:timers/promises';
import { unreachable } from '@kaizen-trace/contracts';
import type { ExportOutcome, OtlpClient, OtlpClientOptions } from '@kaizen-trace/otlp';
import {
  countSpans,
  createOtlpClient,
  describeOtlpFailure,
  isTooLarge,
  splitRequest,
} from '@kaizen-trace/otlp';
import type { ReplayTarget, SendOutcome } from './target.js';

const maxConcurrent = 6;
const firstPauseMs = 200;
const longestPauseMs = 5_000;

export interface OtlpTargetOptions {
  readonly client: OtlpClientOptions;
  /** How long one request is tried without an answer that settles it, in milliseconds. */
  readonly timeoutMs: number;
  /** Told of each attempt that must be repeated. */
  readonly onWait: (reason: string) => void;
}

/** Lets so many through at a time, first come, first served. */
const createGate = (count: number) => {
  let free = count;
  const waiting: (() => void)[] = [];
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
};

/** An answer about our settings or port, not about the spans: repeating it in vain for a minute helps nobody. */
const isMisconfigured = (outcome: ExportOutcome): boolean =>
  outcome.type === 'refused' &&
  (outcome.code === 'UNAUTHENTICATED' ||
    outcome.code === 'PERMISSION_DENIED' ||
    outcome.code === 'UNIMPLEMENTED');

const settled = (
  outcome: Exclude<ExportOutcome, { type: 'retryable' }>,
  request: Uint8Array,
): SendOutcome => {
  switch (outcome.type) {
    case 'accepted':
      return { type: 'taken', refused: [] };
    case 'partial':
      return { type: 'taken', refused: [{ spans: outcome.rejectedSpans, reason: outcome.message }] };
    case 'refused':
      return { type: 'taken', refused: [{ spans: countSpans(request), reason: outcome.cause.message }] };
    default:
      return unreachable(outcome);
  }
};

/** Joins outcomes: the first failure counts. */
const joined = (outcomes: readonly SendOutcome[]): SendOutcome => {
  const failed = outcomes.find(({ type }) => type === 'failed');
  if (failed !== undefined) return failed;
  return { type: 'taken', refused: outcomes.flatMap((each) => (each.type === 'taken' ? each.refused : [])) };
};

type Attempt = (request: Uint8Array, cancel: AbortSignal) => Promise<ExportOutcome>;

/** Repeats what may be repeated until it is answered for, called off, or `timeoutMs` have passed. */
const deliver = async (
  request: Uint8Array,
  way: { readonly attempt: Attempt; readonly options: OtlpTargetOptions },
  cancel: AbortSignal,
): Promise<SendOutcome> => {
  const { endpoint } = way.options.client;
  const deadline = performance.now() + way.options.timeoutMs;
  for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
    const outcome = await way.attempt(request, cancel);
    const reason = describeOtlpFailure(outcome, endpoint) ?? '';
    if (cancel.aborted) return { type: 'failed', reason: 'interrupted' };
    if (isMisconfigured(outcome)) return { type: 'failed', reason };
    const halves = isTooLarge(outcome) ? splitRequest(request) : undefined;
    if (halves !== undefined) {
      const first = await deliver(halves[0], way, cancel);
      return joined([first, await deliver(halves[1], way, cancel)]);
    }
    if (outcome.type !== 'retryable' || isTooLarge(outcome)) {
      if (outcome.type !== 'retryable') return settled(outcome, request);
      return { type: 'taken', refused: [{ spans: countSpans(request), reason }] };
    }
    const wait = Math.max(pause * (0.5 + Math.random() / 2), outcome.retryAfterMs ?? 0);
    if (performance.now() + wait > deadline) return { type: 'failed', reason };
    way.options.onWait(reason);
    await sleep(wait, undefined, { signal: cancel }).catch(() => undefined);
  }
};

/** Sends to an OTLP gRPC endpoint, with a bounded number of requests at a time. @throws Error of bad headers or PEM. */
export const openOtlpTarget = (options: OtlpTargetOptions): ReplayTarget => {
  const client: OtlpClient = createOtlpClient(options.client);
  const gate = createGate(maxConcurrent);
  const attempt: Attempt = (request, cancel) => gate(() => client.export(request, cancel));
  return {
    name: options.client.endpoint,
    send: async (requests, cancel) =>
      joined(await Promise.all(requests.map((request) => deliver(request, { attempt, options }, cancel)))),
    writtenBytes: () => undefined,
    close: () => {
      client.close();
      return Promise.resolve();
    },
  };
};
