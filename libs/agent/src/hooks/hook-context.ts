import { nowSeconds } from '../clock.js';
import { newId } from '../new-id.js';
import type { HookEvent } from './hook-event.js';
import type { HookResultInit } from './hook-result.js';

/** One event as an agent tells it. Only the type and the agent are required. */
export interface HookContextInit {
  readonly eventType: HookEvent;
  readonly agentId: string;
  /** Events of one run share it. Absent: a fresh UUID, so the event has a trace of its own. */
  readonly traceId?: string | undefined;
  /** Seconds since the epoch, ISO 8601, or a Date. Absent: now. */
  readonly timestamp?: number | string | Date | undefined;
  /** What it is about, such as `tool_name` or `model`. Becomes the span's attributes. */
  readonly data?: Readonly<Record<string, unknown>> | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** By which a repeat is recognised. Absent: a fresh UUID. */
  readonly eventId?: string | undefined;
  /** Names one operation of its trace, so that parallel calls of one tool are told apart. */
  readonly callId?: string | undefined;
  /** The call under which this one runs. Absent: the innermost that is open. */
  readonly parentCallId?: string | undefined;
  readonly serviceName?: string | undefined;
  /** How the operation ended; on POST and point events. */
  readonly result?: HookResultInit | undefined;
}

const nothing: Readonly<Record<string, unknown>> = Object.freeze({});

/**
 * One lifecycle event with its defaults filled in: what hooks are handed. Holds `data` and `metadata` as they were
 * given; whoever keeps the context beyond the call copies them. Whether the rules of the contract hold is looked at where
 * the event is traced or sent, which refuses it with its field; the constructor itself never throws.
 */
export class HookContext implements HookContextInit {
  readonly eventType: HookEvent;
  readonly agentId: string;
  readonly traceId: string;
  readonly timestamp: number | string | Date;
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly eventId: string;
  readonly callId: string | undefined;
  readonly parentCallId: string | undefined;
  readonly serviceName: string | undefined;
  readonly result: HookResultInit | undefined;

  constructor(init: HookContextInit) {
    this.eventType = init.eventType;
    this.agentId = init.agentId;
    this.traceId = init.traceId ?? crypto.randomUUID();
    this.timestamp = init.timestamp ?? nowSeconds();
    this.data = init.data ?? nothing;
    this.metadata = init.metadata ?? nothing;
    this.eventId = init.eventId ?? newId();
    this.callId = init.callId;
    this.parentCallId = init.parentCallId;
    this.serviceName = init.serviceName;
    this.result = init.result;
  }

  /** The same event, of that service. */
  ofService(serviceName: string): HookContext {
    const { eventType, agentId, traceId, timestamp, data, metadata, eventId, callId, parentCallId, result } =
      this;
    return contextOf({
      eventType,
      agentId,
      traceId,
      timestamp,
      data,
      metadata,
      eventId,
      callId,
      parentCallId,
      result,
      serviceName,
    });
  }

  /** The context itself, or one made of what was given. */
  static from(init: HookContextInit): HookContext {
    return isContext(init) ? init : contextOf(init);
  }
}

// A class that names itself within its body is bundled under another name.
const contextOf = (init: HookContextInit): HookContext => new HookContext(init);
const isContext = (init: HookContextInit): init is HookContext => init instanceof HookContext;
