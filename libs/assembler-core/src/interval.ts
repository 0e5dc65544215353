import type { HookContext, JsonValue, Micros, Nanos } from '@kaizen-trace/contracts';
import { nanos } from '@kaizen-trace/contracts';

/** When a span began and ended, and what is said about that. Ends at least 1 ns after its start. */
export interface Interval {
  readonly start: Nanos;
  readonly end: Nanos;
  /** Milliseconds as the attribute gives them: 0 where the span has 1 ns for being of no length. */
  readonly durationMs: number;
  /** How much earlier than its PRE the POST was, in milliseconds. */
  readonly clockSkewMs?: number;
}

const toNanos = (time: Micros): Nanos => nanos(time * 1000n);

// Jaeger warns of a negative duration where start and end are one, and shows 0 for this.
const atLeastOneNano = (start: Nanos, end: Nanos): Nanos => (end > start ? end : nanos(start + 1n));

/** From a PRE to its POST; of no length, and with the skew, where the POST is the earlier. */
export const betweenPreAndPost = (pre: Micros, post: Micros): Interval => {
  const start = toNanos(pre);
  const difference = Number(post - pre) / 1000;
  if (difference < 0) {
    return { start, end: nanos(start + 1n), durationMs: 0, clockSkewMs: -difference };
  }
  return { start, end: atLeastOneNano(start, toNanos(post)), durationMs: difference };
};

/** A moment. */
export const momentOf = (time: Micros): Interval => betweenPreAndPost(time, time);

const isDuration = (value: JsonValue | undefined): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0;

/** Of a POST without a PRE: ends at its timestamp, and lasted as long as it says. Never begins before the epoch. */
export const orphanInterval = (post: HookContext): Interval => {
  const inData = Object.hasOwn(post.data, 'duration_ms') ? post.data.duration_ms : undefined;
  const durationMs = [post.result?.durationMs, inData].find(isDuration) ?? 0;
  const end = toNanos(post.timestamp);
  const length = Math.round(durationMs * 1e6);
  // The first comparison keeps infinity away from BigInt, the second is exact.
  const start = nanos(length > Number(end) || BigInt(length) > end ? 0n : end - BigInt(length));
  return { start, end: atLeastOneNano(start, end), durationMs };
};
