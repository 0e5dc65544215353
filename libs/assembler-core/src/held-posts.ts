import type { HeldPost, HeldPosts, OpenOperation } from './state.js';

/** A trace that holds no POSTs; it costs no map. */
export const noHeldPosts = (): HeldPosts => ({ size: 0, eventHashes: undefined, groups: undefined });

// A kind has no NUL, so the two forms never meet.
const groupOf = (kind: string, callId: string | undefined): string =>
  callId === undefined ? kind : `${kind}\0${callId}`;

/** Adds a POST that is newer than those already held. */
export const addHeld = (posts: HeldPosts, held: HeldPost): void => {
  const key = groupOf(held.kind, held.event.callId);
  posts.groups ??= new Map();
  posts.eventHashes ??= new Set();
  const group = posts.groups.get(key);
  if (group === undefined) posts.groups.set(key, new Map([[held.offset, held]]));
  else group.set(held.offset, held);
  posts.eventHashes.add(held.spanId);
  posts.size += 1;
};

/** Takes a POST out; nothing happens where it is not held. */
export const removeHeld = (posts: HeldPosts, held: HeldPost): void => {
  const key = groupOf(held.kind, held.event.callId);
  const group = posts.groups?.get(key);
  if (group?.delete(held.offset) !== true) return;
  posts.eventHashes?.delete(held.spanId);
  posts.size -= 1;
  if (group.size === 0) posts.groups?.delete(key);
};

/** Every held POST, in no order that means anything. */
export function* allHeld(posts: HeldPosts): Generator<HeldPost> {
  for (const group of posts.groups?.values() ?? []) yield* group.values();
}

/** What decides whether a POST could have closed an operation. */
export type Closable = Pick<OpenOperation, 'kind' | 'name' | 'agentId' | 'callId' | 'start' | 'closable'>;

const firstOf = (group: Map<bigint, HeldPost> | undefined, operation: Closable): HeldPost | undefined => {
  let oldest: HeldPost | undefined;
  for (const held of group?.values() ?? []) {
    if (held.event.timestamp < operation.start) continue;
    const fits = held.name === undefined || operation.name === undefined || held.name === operation.name;
    // A held POST that has a call_id is in the group of that call_id, where the name does not matter.
    if (held.event.callId === undefined && !fits) continue;
    if (held.event.agentId === operation.agentId) return held;
    oldest ??= held;
  }
  return oldest;
};

/** The held POST that a new operation takes: of its call_id, else of its own agent, else the oldest that fits. */
export const heldFor = (posts: HeldPosts, operation: Closable): HeldPost | undefined => {
  const { groups } = posts;
  if (groups === undefined || posts.size === 0 || !operation.closable) return undefined;
  const { kind, callId } = operation;
  const named = callId === undefined ? undefined : firstOf(groups.get(groupOf(kind, callId)), operation);
  return named ?? firstOf(groups.get(kind), operation);
};
