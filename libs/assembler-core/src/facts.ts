import type { Micros, Millis, SpanEvent, SpanId, SpanRecord } from '@kaizen-trace/contracts';
import type { HeldPost, OpenOperation, Trace } from './state.js';

interface Seen {
  readonly trace: Trace;
  readonly offset: bigint;
  readonly appendTime: Millis;
  /** Place of the settings that it was seen with. */
  readonly settings: number;
}

/** What a record or a deadline did to the state; the state is these facts, evolved one after the other. */
export type Fact =
  | (Seen & {
      readonly type: 'EventSeen';
      readonly eventHash: SpanId;
      readonly timestamp: Micros;
      /** How many event ids are remembered. */
      readonly remembered: number;
    })
  | (Seen & { readonly type: 'RepeatSeen' })
  | {
      readonly type: 'OperationOpened';
      readonly operation: OpenOperation;
      /** Hash of its call_id. */
      readonly callHash: SpanId | undefined;
      /** Another PRE of the trace had that call_id. */
      readonly callIdReused: boolean;
      /** A placeholder was given for it. */
      readonly shown: boolean;
    }
  | {
      readonly type: 'OperationClosed';
      readonly operation: OpenOperation;
      readonly how: 'paired' | 'paired with skew' | 'expired' | 'crowded out' | 'ended';
    }
  | { readonly type: 'PostHeld'; readonly held: HeldPost }
  | { readonly type: 'HeldTaken'; readonly held: HeldPost }
  | { readonly type: 'HeldExpired'; readonly held: HeldPost }
  | {
      readonly type: 'SpanEventTaken';
      readonly operation: OpenOperation;
      readonly spanEvent: SpanEvent;
      readonly units: number;
    }
  | { readonly type: 'PointEnded' }
  | { readonly type: 'TraceForgotten'; readonly trace: Trace };

/** What was decided, by the state as it was before. */
export interface Decision {
  readonly facts: readonly Fact[];
  readonly spans: readonly SpanRecord[];
}
