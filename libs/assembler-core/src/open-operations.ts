import type { SpanId } from '@kaizen-trace/contracts';
import type { Closing, Contained } from './containment.js';
import { mayContain } from './containment.js';
import {
  indexOperation,
  indexedChildren,
  indexedContainer,
  indexedPairing,
  newOpenIndex,
} from './open-index.js';
import { unindexContainer, unindexOperation } from './open-index.js';
import type { OpenOperation, OpenOperations } from './state.js';

/** A trace with nothing open. An index is built once `indexFrom` operations are. */
export const noOpenOperations = (indexFrom = 24): OpenOperations => ({
  indexFrom,
  size: 0,
  oldest: undefined,
  newest: undefined,
  index: undefined,
});

/** Adds an operation that is newer than those already open. */
export const addOpen = (open: OpenOperations, operation: OpenOperation): void => {
  operation.older = open.newest;
  if (open.newest === undefined) open.oldest = operation;
  else open.newest.newer = operation;
  open.newest = operation;
  open.size += 1;
  if (open.index !== undefined) indexOperation(open.index, operation);
  else if (open.size >= open.indexFrom) {
    open.index = newOpenIndex();
    for (const each of oldestFirst(open)) indexOperation(open.index, each);
  }
};

/** Takes an operation out, and flags those whose parent it was: they take no more children by inference. */
export const removeOpen = (open: OpenOperations, operation: OpenOperation): readonly OpenOperation[] => {
  const { older, newer } = operation;
  if (older === undefined) open.oldest = newer;
  else older.newer = newer;
  if (newer === undefined) open.newest = older;
  else newer.older = older;
  operation.older = undefined;
  operation.newer = undefined;
  open.size -= 1;
  if (open.index !== undefined) unindexOperation(open.index, operation);
  const bereaved = childrenOf(open, operation.spanId);
  for (const child of bereaved) {
    child.parentClosed = true;
    if (open.index !== undefined) unindexContainer(open.index, child);
  }
  // Well below the threshold, so that a trace at its edge does not build an index again and again.
  if (open.index !== undefined && open.size < open.indexFrom / 4) open.index = undefined;
  return bereaved;
};

/** Every open operation, in the order of the log. */
export function* oldestFirst(open: OpenOperations): Generator<OpenOperation> {
  for (let each = open.oldest; each !== undefined; each = each.newer) yield each;
}

const childrenOf = (open: OpenOperations, parent: SpanId): readonly OpenOperation[] => {
  if (open.index !== undefined) return indexedChildren(open.index, parent);
  const children: OpenOperation[] = [];
  for (let each = open.newest; each !== undefined; each = each.older) {
    if (each.parentSpanId === parent && !each.parentClosed) children.push(each);
  }
  return children;
};

const rankOf = (operation: OpenOperation, post: Closing): number => {
  const ofKey = post.name === undefined || operation.name === post.name;
  if (!ofKey && operation.name !== undefined) return Infinity;
  return (
    (ofKey ? 0 : 4) + (operation.agentId === post.agentId ? 0 : 2) + (operation.callId === undefined ? 0 : 1)
  );
};

/**
 * The operation that a POST closes. With a call_id the newest of its kind with that one, and no other; else the newest of
 * its key by rank: own agent's without call_id, own agent's with, others' without, others' with; then a nameless one.
 */
export const closedBy = (open: OpenOperations, post: Closing): OpenOperation | undefined => {
  if (open.index !== undefined) return indexedPairing(open.index, post);
  let best: OpenOperation | undefined;
  let bestRank = Infinity;
  for (let each = open.newest; each !== undefined; each = each.older) {
    if (each.kind !== post.kind || !each.closable) continue;
    if (post.callId !== undefined) {
      if (each.callId === post.callId) return each;
      continue;
    }
    const rank = rankOf(each, post);
    if (rank === 0) return each;
    if (rank < bestRank) {
      best = each;
      bestRank = rank;
    }
  }
  return best;
};

/** The newest operation of the same agent, else of any, that may contain `inner` and whose parent has not closed. */
export const containerFor = (open: OpenOperations, inner: Contained): OpenOperation | undefined => {
  if (open.index !== undefined) return indexedContainer(open.index, inner);
  let ofAnyAgent: OpenOperation | undefined;
  for (let each = open.newest; each !== undefined; each = each.older) {
    if (each.parentClosed || !mayContain(each, inner)) continue;
    if (each.agentId === inner.agentId) return each;
    ofAnyAgent ??= each;
  }
  return ofAnyAgent;
};

/** The newest open operation that has this span id. */
export const openBySpanId = (open: OpenOperations, spanId: SpanId): OpenOperation | undefined => {
  if (open.index !== undefined) return open.index.bySpanId.get(spanId);
  for (let each = open.newest; each !== undefined; each = each.older) if (each.spanId === spanId) return each;
  return undefined;
};

/** Whether the PRE of an open operation had this event id. */
export const hasOpenEvent = (open: OpenOperations, eventHash: string): boolean => {
  if (open.index !== undefined) return open.index.eventHashes.has(eventHash);
  for (let each = open.newest; each !== undefined; each = each.older) {
    if (each.eventHash === eventHash) return true;
  }
  return false;
};

/** Whether an open operation has this call_id. */
export const hasOpenCall = (open: OpenOperations, callId: string): boolean => {
  if (open.index !== undefined) return open.index.callIds.has(callId);
  for (let each = open.newest; each !== undefined; each = each.older) if (each.callId === callId) return true;
  return false;
};
