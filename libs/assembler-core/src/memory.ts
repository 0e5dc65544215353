import type { SpanId } from '@kaizen-trace/contracts';
import { hasOpenCall, hasOpenEvent } from './open-operations.js';
import type { Trace } from './state.js';

const digits = 13;

/** The value of each hex digit, by its character code. */
const nibbles = new Uint8Array(128);
for (let digit = 0; digit < 16; digit++) nibbles[digit.toString(16).charCodeAt(0)] = digit;

/**
 * The first 52 bits of a hash, as a number: what a trace remembers of an event id or call_id. An array of them is one
 * block of memory, which is looked through faster than a set of strings, and a thousand traces are remembered at a time.
 */
export const fingerprintOf = (hash: string): number => {
  let value = 0;
  for (let at = 0; at < digits; at++) value = value * 16 + nibbles[hash.charCodeAt(at)]!;
  return value;
};

/** What a trace remembers before its first: shared, never added to. */
export const noFingerprints: readonly number[] = [];

/** Notes a fingerprint as the newest, and forgets the oldest over the limit. */
export const remember = (fingerprints: number[], fingerprint: number, limit: number): void => {
  const before = fingerprints.indexOf(fingerprint);
  if (before >= 0) fingerprints.splice(before, 1);
  fingerprints.push(fingerprint);
  while (fingerprints.length > limit) fingerprints.shift();
};

/** Whether the trace has had an event of this hash: among its last ones, or one that is still open or held. */
export const remembersEvent = (trace: Trace, eventHash: string): boolean =>
  trace.eventFingerprints.includes(fingerprintOf(eventHash)) ||
  hasOpenEvent(trace.open, eventHash) ||
  trace.held.eventHashes?.has(eventHash) === true;

/** Whether another PRE of the trace had this call_id: among the last ones, or one that is still open. */
export const remembersCall = (trace: Trace, call: { readonly hash: SpanId; readonly id: string }): boolean =>
  trace.callFingerprints.includes(fingerprintOf(call.hash)) || hasOpenCall(trace.open, call.id);

/** Notes a call_id as the newest of its trace. */
export const rememberCall = (trace: Trace, callHash: string, limit: number): void => {
  const { callFingerprints } = trace;
  const own = callFingerprints === noFingerprints ? [] : (callFingerprints as number[]);
  remember(own, fingerprintOf(callHash), limit);
  trace.callFingerprints = own;
};
