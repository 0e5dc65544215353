import type { Micros } from './time.js';

/** A JSON value as an agent sends it. */
export type JsonValue =
  null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** `data` and `metadata` of an event. Inherits no key (see `emptyFields`), so `__proto__` is a key like others. */
export type Fields = Readonly<Record<string, JsonValue>>;

/** The outcome that a POST or a point event carries. `success: false` always has an `error`. */
export interface HookResult {
  readonly success: boolean;
  readonly error?: string;
  readonly errorType?: string;
  readonly stack?: string;
  /** Milliseconds, as the agent measured them. */
  readonly durationMs?: number;
}

/**
 * One lifecycle event of one agent, valid by the contract's section 1 and with every default filled in.
 * `serviceName`, `callId` and `parentCallId` are already taken from `metadata` where the fields themselves are absent;
 * `result.data` is already merged into `data`.
 */
export interface HookContext {
  readonly eventId: string;
  /** As sent: traces are told apart by this string. */
  readonly traceId: string;
  /** Lower case: `pre_X`, `post_X`, or the name of a point event. */
  readonly eventType: string;
  readonly agentId: string;
  readonly timestamp: Micros;
  readonly serviceName?: string;
  readonly callId?: string;
  readonly parentCallId?: string;
  readonly data: Fields;
  readonly metadata: Fields;
  readonly result?: HookResult;
}

/** What an event does: opens an operation of a kind, closes one, or marks a point. */
export type EventPhase =
  | { readonly phase: 'pre'; readonly kind: string }
  | { readonly phase: 'post'; readonly kind: string }
  | { readonly phase: 'point'; readonly kind: string };

/** The kinds that Kaizen's agents emit. Custom kinds work the same way. */
export const knownKinds = [
  'agent_loop',
  'tool_use',
  'llm_call',
  'memory_read',
  'memory_save',
  'memory_load',
  'specialist_invoke',
  'plan_generation',
  'permission_check',
  'checkpoint_save',
  'interrupt',
] as const;

/** Splits a valid event type into its phase and kind; a point event's kind is its whole type. */
export const phaseOf = (eventType: string): EventPhase => {
  if (eventType.startsWith('pre_')) return { phase: 'pre', kind: eventType.slice(4) };
  if (eventType.startsWith('post_')) return { phase: 'post', kind: eventType.slice(5) };
  return { phase: 'point', kind: eventType };
};
