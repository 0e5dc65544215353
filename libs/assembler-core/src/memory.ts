import type { SpanId } from '@kaizen-trace/contracts';
import { hasOpenCall, hasOpenEvent } from './open-operations.js';
import type { Trace } from './state.js';

/** What a trace remembers before its first: shared, never added to. */
export const noHashes: ReadonlySet<string> = new Set();

/** Notes a hash as the newest, and forgets the oldest over the limit. */
export const remember = (hashes: Set<string>, hash: string, limit: number): void => {
  hashes.delete(hash);
  hashes.add(hash);
  if (hashes.size <= limit) return;
  for (const oldest of hashes) {
    if (hashes.size <= limit) return;
    hashes.delete(oldest);
  }
};

/** Whether the trace has had an event of this hash: among its last ones, or one that is still open or held. */
export const remembersEvent = (trace: Trace, eventHash: string): boolean =>
  trace.eventHashes.has(eventHash) ||
  hasOpenEvent(trace.open, eventHash) ||
  trace.held.eventHashes?.has(eventHash) === true;

/** Whether another PRE of the trace had this call_id: among the last ones, or one that is still open. */
export const remembersCall = (trace: Trace, call: { readonly hash: SpanId; readonly id: string }): boolean =>
  trace.callHashes.has(call.hash) || hasOpenCall(trace.open, call.id);

/** Notes a call_id as the newest of its trace. */
export const rememberCall = (trace: Trace, callHash: string, limit: number): void => {
  const hashes = trace.callHashes === noHashes ? new Set<string>() : (trace.callHashes as Set<string>);
  remember(hashes, callHash, limit);
  trace.callHashes = hashes;
};
