import type { SpanId } from '@kaizen-trace/contracts';
import type { Closing, Contained } from './containment.js';
import { containerGroup, excludedGroup } from './containment.js';
import type { NewestList, Place } from './newest-list.js';
import { append, emptyNewestList, newestOf, remove } from './newest-list.js';
import type { OpenIndex, OpenOperation } from './state.js';

type List = NewestList<OpenOperation>;

export const newOpenIndex = (): OpenIndex => ({
  places: new Map(),
  pairing: new Map(),
  containers: emptyNewestList(),
  containersOfAgent: new Map(),
  bySpanId: new Map(),
  children: new Map(),
  eventHashes: new Set(),
  callIds: new Map(),
});

const listOf = (lists: Map<string, List>, key: string): List => {
  const known = lists.get(key);
  if (known !== undefined) return known;
  const list: List = emptyNewestList();
  lists.set(key, list);
  return list;
};

// Names and agents are any text: a length before the name keeps two keys apart. Kinds have no colon.
const callKey = (kind: string, callId: string): string => `c:${kind}:${callId}`;
const nameKey = (kind: string, name: string | undefined): string =>
  name === undefined ? `k:${kind}:` : `k:${kind}:${name.length}:${name}`;
const kindKey = (kind: string): string => `a:${kind}`;
const ranked = (key: string, withCall: boolean, agentId?: string): string =>
  `${withCall ? '1' : '0'}${agentId === undefined ? '' : `${agentId.length}:${agentId}`}:${key}`;

const pairingKeys = ({ kind, name, callId, agentId }: OpenOperation): readonly string[] => {
  const withCall = callId !== undefined;
  const keys = [nameKey(kind, name), kindKey(kind)].flatMap((key) => [
    ranked(key, withCall),
    ranked(key, withCall, agentId),
  ]);
  return withCall ? [...keys, callKey(kind, callId)] : keys;
};

const containerPlaces = (index: OpenIndex, operation: OpenOperation): readonly Place<OpenOperation>[] => {
  const group = containerGroup(operation);
  if (group === undefined || operation.parentClosed) return [];
  return [
    append(index.containers, operation, group),
    append(listOf(index.containersOfAgent, operation.agentId), operation, group),
  ];
};

/** Adds an operation that is newer than those already there. */
export const indexOperation = (index: OpenIndex, operation: OpenOperation): void => {
  const { spanId, parentSpanId, callId } = operation;
  index.places.set(operation, {
    pairing: operation.closable
      ? pairingKeys(operation).map((key) => append(listOf(index.pairing, key), operation, ''))
      : [],
    containers: containerPlaces(index, operation),
  });
  index.bySpanId.set(spanId, operation);
  index.eventHashes.add(operation.eventHash);
  if (callId !== undefined) index.callIds.set(callId, (index.callIds.get(callId) ?? 0) + 1);
  if (parentSpanId === undefined || operation.parentClosed) return;
  const siblings = index.children.get(parentSpanId);
  if (siblings === undefined) index.children.set(parentSpanId, new Set([operation]));
  else siblings.add(operation);
};

const removeEmpty = (lists: Map<string, List>, key: string): void => {
  if (lists.get(key)?.newest === undefined) lists.delete(key);
};

/** Takes an operation out of the possible parents: its parent has closed. */
export const unindexContainer = (index: OpenIndex, operation: OpenOperation): void => {
  const places = index.places.get(operation);
  if (places !== undefined) {
    places.containers.forEach(remove);
    places.containers = [];
  }
  removeEmpty(index.containersOfAgent, operation.agentId);
  const { parentSpanId } = operation;
  if (parentSpanId === undefined) return;
  const siblings = index.children.get(parentSpanId);
  siblings?.delete(operation);
  if (siblings?.size === 0) index.children.delete(parentSpanId);
};

export const unindexOperation = (index: OpenIndex, operation: OpenOperation): void => {
  unindexContainer(index, operation);
  index.places.get(operation)?.pairing.forEach(remove);
  index.places.delete(operation);
  if (operation.closable) for (const key of pairingKeys(operation)) removeEmpty(index.pairing, key);
  if (index.bySpanId.get(operation.spanId) === operation) index.bySpanId.delete(operation.spanId);
  index.eventHashes.delete(operation.eventHash);
  const { callId } = operation;
  if (callId === undefined) return;
  const others = (index.callIds.get(callId) ?? 1) - 1;
  if (others === 0) index.callIds.delete(callId);
  else index.callIds.set(callId, others);
};

export const indexedChildren = (index: OpenIndex, parent: SpanId): readonly OpenOperation[] => [
  ...(index.children.get(parent) ?? []),
];

const newestByRank = (index: OpenIndex, key: string, agentId: string): OpenOperation | undefined =>
  newestOf(index.pairing.get(ranked(key, false, agentId))) ??
  newestOf(index.pairing.get(ranked(key, true, agentId))) ??
  newestOf(index.pairing.get(ranked(key, false))) ??
  newestOf(index.pairing.get(ranked(key, true)));

export const indexedPairing = (index: OpenIndex, post: Closing): OpenOperation | undefined => {
  const { kind, name, agentId, callId } = post;
  if (callId !== undefined) return newestOf(index.pairing.get(callKey(kind, callId)));
  if (name === undefined) return newestByRank(index, kindKey(kind), agentId);
  return (
    newestByRank(index, nameKey(kind, name), agentId) ??
    newestByRank(index, nameKey(kind, undefined), agentId)
  );
};

export const indexedContainer = (index: OpenIndex, inner: Contained): OpenOperation | undefined => {
  const except = excludedGroup(inner);
  return newestOf(index.containersOfAgent.get(inner.agentId), except) ?? newestOf(index.containers, except);
};
