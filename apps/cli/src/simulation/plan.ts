import { type Fields, type HookResult, micros, type HookContext } from '@kaizen-trace/contracts';
import type { Random } from './random.js';

/** An event before it has a time and an id of its own. */
export type EventDraft = Omit<HookContext, 'eventId' | 'timestamp'>;

/** One event of a planned run. */
export interface PlannedEvent {
  /** Microseconds after the beginning of its section: when it happens. */
  readonly at: number;
  /** Microseconds by which it reaches the log late, though it bears the time at which it happened. */
  delay: number;
  readonly draft: EventDraft;
  /** Opens the long operation: the next section begins when that has lasted its time. */
  readonly holds?: PlannedSection;
}

/** Events of a run between two long waits. */
export interface PlannedSection {
  events: PlannedEvent[];
}

/** An operation that has begun. */
export interface Opened {
  readonly kind: string;
  readonly agentId: string;
  readonly callId?: string;
  readonly name: Fields;
  readonly pre: PlannedEvent;
}

/** What a PRE says. */
export interface OpenOptions {
  readonly kind: string;
  readonly agentId: string;
  readonly callId?: string;
  readonly parentCallId?: string;
  /** The fields that name the operation; its POST repeats them. */
  readonly name?: Fields;
  readonly data?: Fields;
  /** Begins a wait of the length that the fleet is given: all that is recorded later happens after it. */
  readonly holds?: boolean;
}

/** What a POST adds to its PRE; it succeeds unless told. */
export interface CloseOptions {
  readonly data?: Fields;
  readonly result?: HookResult;
}

/** What all events of a run share, and where its ids come from. */
export interface RunIdentity {
  readonly traceId: string;
  readonly serviceName: string;
  readonly runId: string;
  readonly ids: Random;
}

/** Records a run. Times are microseconds after the run's beginning, waits on long operations not counted. */
export interface Recorder {
  readonly first: PlannedSection;
  open(at: number, options: OpenOptions): Opened;
  close(at: number, opened: Opened, options?: CloseOptions): void;
  point(at: number, point: { agentId: string; eventType: string; data: Fields; result?: HookResult }): void;
  callId(prefix: string): string;
  /** Forgets everything that would happen after `at`: the run dies there. */
  dieAt(at: number): void;
}

/** The result of what went well. */
export const succeeded: HookResult = { success: true };

/** Opens the record of one run. */
export const openRecorder = ({ traceId, serviceName, runId, ids }: RunIdentity): Recorder => {
  const first: PlannedSection = { events: [] };
  let section = first;
  let base = 0;
  const metadata: Fields = { run_id: runId, sdk: 'kaizen-simulate' };
  const add = (at: number, draft: EventDraft, holds?: PlannedSection): PlannedEvent => {
    const planned: PlannedEvent = { at: at - base, delay: 0, draft, ...(holds && { holds }) };
    section.events.push(planned);
    return planned;
  };
  const inRun = { traceId, serviceName, metadata };
  return {
    first,
    open(at, { kind, agentId, callId, parentCallId, name = {}, data = {}, holds = false }) {
      const draft: EventDraft = {
        ...inRun,
        eventType: `pre_${kind}`,
        agentId,
        ...(callId !== undefined && { callId }),
        ...(parentCallId !== undefined && { parentCallId }),
        data: { ...name, ...data },
      };
      const next: PlannedSection | undefined = holds ? { events: [] } : undefined;
      const pre = add(at, draft, next);
      if (next) {
        section = next;
        base = at;
      }
      return { kind, agentId, name, pre, ...(callId !== undefined && { callId }) };
    },
    close(at, { kind, agentId, callId, name }, { data = {}, result = succeeded } = {}) {
      add(at, {
        ...inRun,
        eventType: `post_${kind}`,
        agentId,
        ...(callId !== undefined && { callId }),
        data: { ...name, ...data },
        result,
      });
    },
    point(at, { agentId, eventType, data, result }) {
      add(at, { ...inRun, eventType, agentId, data, ...(result && { result }) });
    },
    callId: (prefix) => `${prefix}_${ids.hex(16)}`,
    dieAt(at) {
      section.events = section.events.filter((planned) => planned.at + base <= at);
    },
  };
};

/** An id of version 7 for something at `at` microseconds since the epoch. */
export const timeOrderedId = (at: bigint, ids: Random): string => {
  const time = (at / 1000n).toString(16).padStart(12, '0');
  const chance = ids.hex(18);
  const variant = '89ab'[ids.between(0, 3)]!;
  return `${time.slice(0, 8)}-${time.slice(8)}-7${chance.slice(0, 3)}-${variant}${chance.slice(3, 6)}-${chance.slice(6)}`;
};

/** The draft as the event that happened at `at` microseconds since the epoch. */
export const happened = (draft: EventDraft, at: bigint, ids: Random): HookContext => ({
  eventId: timeOrderedId(at, ids),
  timestamp: micros(at),
  ...draft,
});
