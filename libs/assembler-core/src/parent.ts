import type { SpanId } from '@kaizen-trace/contracts';
import type { Contained } from './containment.js';
import type { Sha256Hex } from './identity.js';
import { callIdentity, spanIdOf } from './identity.js';
import { containerFor } from './open-operations.js';
import type { Trace } from './state.js';

/** What a parent is chosen for. */
export interface Parented extends Contained {
  readonly spanId: SpanId;
  readonly parentCallId: string | undefined;
}

const namedParent = (sha256: Sha256Hex, trace: Trace, child: Parented): SpanId | undefined => {
  if (child.parentCallId === undefined) return undefined;
  const named = spanIdOf(sha256, trace.traceId, callIdentity(child.parentCallId));
  return named === child.spanId ? undefined : named;
};

const rootFor = ({ root }: Trace, child: Parented): SpanId | undefined => {
  const isNextLoop = root?.closed === true && child.kind === 'agent_loop' && child.agentId === root.agentId;
  return isNextLoop ? undefined : root?.spanId;
};

/**
 * The parent by the contract's order: the one that is named, seen or not; the newest open operation of the same agent
 * that may contain it; of any agent; the trace's root, but for another loop of the root's agent after its end; none.
 */
export const parentOf = (sha256: Sha256Hex, trace: Trace, child: Parented): SpanId | undefined =>
  namedParent(sha256, trace, child) ?? containerFor(trace.open, child)?.spanId ?? rootFor(trace, child);
