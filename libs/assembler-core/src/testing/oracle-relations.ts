import type { HookContext, SpanId } from '@kaizen-trace/contracts';
import type { HeldPost, OpenOperation, OracleTrace } from './oracle-model.js';
import { operationName, spanIdOfCall } from './oracle-model.js';

/** What is asked for a parent or a partner: an event with its kind. */
export interface Seeker {
  readonly event: HookContext;
  readonly kind: string;
}

const newest = (operations: readonly OpenOperation[]): OpenOperation | undefined => operations.at(-1);

// Own agent without call_id, own agent with one, others without, others with; the newest of the first that has any.
const newestByRank = (operations: readonly OpenOperation[], agentId: string): OpenOperation | undefined => {
  const own = operations.filter(({ event }) => event.agentId === agentId);
  const others = operations.filter(({ event }) => event.agentId !== agentId);
  return (
    newest(own.filter(({ event }) => event.callId === undefined)) ??
    newest(own.filter(({ event }) => event.callId !== undefined)) ??
    newest(others.filter(({ event }) => event.callId === undefined)) ??
    newest(others.filter(({ event }) => event.callId !== undefined))
  );
};

/** The operation that a POST closes. */
export const closedBy = (trace: OracleTrace, { event, kind }: Seeker): OpenOperation | undefined => {
  const ofKind = trace.open.filter((operation) => operation.kind === kind);
  // With a call_id: the newest of its kind with that call_id, and no other.
  if (event.callId !== undefined)
    return newest(ofKind.filter((operation) => operation.event.callId === event.callId));
  // Without a name: the newest of its kind, named or not.
  const name = operationName(event);
  if (name === undefined) return newestByRank(ofKind, event.agentId);
  // Of its key; and where the key is not open, a nameless one of the kind.
  const ofKey = ofKind.filter((operation) => operation.name === name);
  const nameless = ofKind.filter((operation) => operation.name === undefined);
  return newestByRank(ofKey.length > 0 ? ofKey : nameless, event.agentId);
};

const couldClose = (held: HeldPost, { event, kind }: Seeker): boolean => {
  if (held.kind !== kind) return false;
  if (held.event.callId !== undefined) return held.event.callId === event.callId;
  const name = operationName(event);
  return held.name === undefined || name === undefined || held.name === name;
};

/** The held POST that a PRE takes. */
export const takenBy = (trace: OracleTrace, pre: Seeker): HeldPost | undefined => {
  // Only one that could have closed it, and only where the PRE is not later by its timestamp.
  const possible = trace.held.filter(
    (held) => pre.event.timestamp <= held.event.timestamp && couldClose(held, pre),
  );
  // Same call_id first, then the PRE's own agent's, then the oldest.
  const sameCall = possible.filter((held) => held.event.callId !== undefined);
  const best = sameCall.length > 0 ? sameCall : possible;
  return best.find((held) => held.event.agentId === pre.event.agentId) ?? best[0];
};

// Who may be the parent of what, by inference.
const mayContain = (operation: OpenOperation, child: Seeker): boolean => {
  const { kind } = operation;
  if (['agent_loop', 'specialist_invoke', 'plan_generation'].includes(kind)) return true;
  if (kind === 'tool_use')
    return !(child.kind === 'tool_use' && child.event.agentId === operation.event.agentId);
  if (['llm_call', 'permission_check', 'checkpoint_save', 'interrupt'].includes(kind)) return false;
  if (kind.startsWith('memory_')) return false;
  return child.kind !== kind;
};

/** The parent of an event at its place in the log; `own` is the event's own span id. */
export const parentOf = (trace: OracleTrace, child: Seeker, own: SpanId): SpanId | undefined => {
  const { event, kind } = child;
  // 1. What parent_call_id names, seen or not, unless it is the event itself.
  if (event.parentCallId !== undefined) {
    const named = spanIdOfCall(event.traceId, event.parentCallId);
    if (named !== own) return named;
  }
  // 2 and 3. The newest that may contain it, of the same agent, else of any; not one whose parent closed meanwhile.
  const candidates = trace.open.filter(
    (operation) => !operation.parentClosed && mayContain(operation, child),
  );
  const inferred =
    newest(candidates.filter((operation) => operation.event.agentId === event.agentId)) ?? newest(candidates);
  if (inferred !== undefined) return inferred.spanId;
  // 4. The root, but not for another loop of the root's agent once the root has closed.
  if (trace.root === undefined) return undefined;
  const { operation, closed } = trace.root;
  if (kind === 'agent_loop' && closed && operation.event.agentId === event.agentId) return undefined;
  return operation.spanId;
};
