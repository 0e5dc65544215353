import { setTimeout as sleep } from 'node:timers/promises';
import { unreachable } from '@kaizen-trace/contracts';
import { isTooLarge, splitRequest, type ExportOutcome } from '@kaizen-trace/otlp';
import { isMisconfigured, type Backend } from './backend.js';
import type { ExporterMetrics } from './exporter-metrics.js';

/** Times between attempts, in milliseconds: doubling from `firstMs` to `maxMs`, each shortened by up to a half at random. */
export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** A request that the backend will not take, and its reason. */
export interface RefusedRequest {
  readonly request: Uint8Array;
  readonly errorClass: string;
  readonly message: string;
  /** How many of its spans the backend rejected; undefined: all. */
  readonly rejectedSpans?: number;
}

/** How the delivery of one request ended. */
export type Delivery =
  /** The backend has answered for every span: it has them, or they are in `refused`. */
  | { readonly type: 'settled'; readonly refused: readonly RefusedRequest[] }
  /** Called off; what the backend has of it is unknown. */
  | { readonly type: 'given-up' };

/** What the delivery of one request works with. */
export interface DeliveryContext {
  readonly backend: Backend;
  readonly metrics: ExporterMetrics;
  readonly backoff: Backoff;
  /** Ends the attempts. */
  readonly stop: AbortSignal;
  /** Calls off the attempt under way. */
  readonly cancel: AbortSignal;
}

/** The longest time that a backend may ask us to stay away, in milliseconds. */
const longestRetryAfterMs = 300_000;

/**
 * Sends one OTLP request until the backend has answered for it, for ever if need be: retried with exponential back-off
 * while the answer is about the moment or about our settings; split where it is too large for the backend. Never rejects.
 */
export const deliver = async (request: Uint8Array, context: DeliveryContext): Promise<Delivery> => {
  for (let attempt = 0; !context.stop.aborted; attempt++) {
    const outcome = await context.backend.send(request, context.cancel);
    if (isTooLarge(outcome)) {
      const halves = splitRequest(request);
      if (halves !== undefined) return deliverHalves(halves, context);
      return refusedAs(request, outcome);
    }
    if (!isWorthRepeating(outcome)) return refusedAs(request, outcome);
    if (context.cancel.aborted) break;
    context.metrics.retries.inc({ code: outcome.cause.code });
    await pause(waitMs(outcome, attempt, context.backoff), context.stop);
  }
  return { type: 'given-up' };
};

const isWorthRepeating = (
  outcome: ExportOutcome,
): outcome is Extract<ExportOutcome, { type: 'retryable' | 'refused' }> =>
  outcome.type === 'retryable' || isMisconfigured(outcome);

const deliverHalves = async (
  [front, back]: readonly [Uint8Array, Uint8Array],
  context: DeliveryContext,
): Promise<Delivery> => {
  const first = await deliver(front, context);
  if (first.type === 'given-up') return first;
  const second = await deliver(back, context);
  if (second.type === 'given-up') return second;
  return { type: 'settled', refused: [...first.refused, ...second.refused] };
};

const refusedAs = (request: Uint8Array, outcome: ExportOutcome): Delivery => {
  switch (outcome.type) {
    case 'accepted':
      return { type: 'settled', refused: [] };
    case 'partial': {
      const { rejectedSpans, message } = outcome;
      const reason = { errorClass: 'PARTIAL_SUCCESS', message, rejectedSpans };
      return { type: 'settled', refused: [{ request, ...reason }] };
    }
    case 'retryable':
    case 'refused': {
      const { code: errorClass, message } = outcome.cause;
      return { type: 'settled', refused: [{ request, errorClass, message }] };
    }
    default:
      return unreachable(outcome);
  }
};

const waitMs = (outcome: ExportOutcome, attempt: number, { firstMs, maxMs }: Backoff): number => {
  const step = Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 30));
  const jittered = step * (0.5 + Math.random() / 2);
  const asked = outcome.type === 'retryable' ? (outcome.retryAfterMs ?? 0) : 0;
  return Math.max(jittered, Math.min(asked, longestRetryAfterMs));
};

/** Resolves after `ms`, or when `signal` aborts. */
export const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
};
