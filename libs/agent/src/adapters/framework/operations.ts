import type { HookContextInit } from '../../hooks/hook-context.js';
import type { HookResultInit } from '../../hooks/hook-result.js';
import type { Emitter } from './emitter.js';
import { present } from './fields.js';

/** One operation that a framework has begun and not ended. */
export interface Operation {
  readonly kind: string;
  readonly agentId: string;
  readonly traceId: string;
  readonly callId: string;
  readonly parentCallId: string | undefined;
  /** Fields that its end repeats, such as its name. */
  readonly named: Readonly<Record<string, unknown>>;
  /** What its descendants inherit, such as the conversation. */
  readonly inherited: Readonly<Record<string, unknown>>;
}

/** What is told when something begins, ends or happens. */
export interface Telling {
  readonly data?: Readonly<Record<string, unknown>> | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  readonly timestamp?: number | string | undefined;
  readonly result?: HookResultInit | undefined;
}

interface Followed {
  readonly operation: Operation;
  /** Passed over: the operation is that of an ancestor, and not this one's to end. */
  readonly isPassedOver: boolean;
}

/** Whose place an event has. */
export type Place = Pick<Operation, 'agentId' | 'traceId' | 'parentCallId'>;

const tooMany = (limit: number): HookResultInit => ({
  success: false,
  error: `not followed to its end: more than ${limit} operations were open at once`,
  errorType: 'TooManyOpenOperations',
});

const eventOf = (eventType: string, place: Place, telling: Telling): HookContextInit => ({
  eventType,
  agentId: place.agentId,
  traceId: place.traceId,
  parentCallId: place.parentCallId,
  data: present(telling.data ?? {}),
  ...(telling.metadata === undefined ? {} : { metadata: telling.metadata }),
  ...(telling.timestamp === undefined ? {} : { timestamp: telling.timestamp }),
  ...(telling.result === undefined ? {} : { result: telling.result }),
});

/**
 * The open operations of one framework by its own ids, and the events of their beginnings and ends. At most `limit` are
 * followed; when another begins, the oldest ends as failed, so that neither memory grows nor anything stays open for ever.
 */
export class Operations {
  readonly #emitter: Emitter;
  readonly #limit: number;
  readonly #open = new Map<string, Followed>();

  constructor(emitter: Emitter, limit: number) {
    this.#emitter = emitter;
    this.#limit = limit;
  }

  /** How many are open. */
  get size(): number {
    return this.#open.size;
  }

  /** The operation, or that of the nearest ancestor where it was passed over. */
  find(id: string | null | undefined): Operation | undefined {
    return id === null || id === undefined ? undefined : this.#open.get(id)?.operation;
  }

  /** Tells the PRE and follows the operation until {@link end}. An id that is open already is ended first. */
  begin(id: string, operation: Operation, telling: Telling = {}): void {
    if (this.#open.has(id)) this.end(id);
    this.#makeRoom();
    this.#open.set(id, { operation, isPassedOver: false });
    const { kind, callId, named, inherited } = operation;
    const data = { ...named, ...inherited, ...telling.data };
    this.#emitter.emit({ ...eventOf(`pre_${kind}`, operation, { ...telling, data }), callId });
  }

  /** Follows `id` without telling it, until {@link end}: what is under it appears under `ancestor`. */
  passOver(id: string, ancestor: Operation): void {
    this.#makeRoom();
    this.#open.set(id, { operation: ancestor, isPassedOver: true });
  }

  /** Tells the POST, unless it was passed over; gives the operation, undefined where it is not open (any more). */
  end(id: string, telling: Telling = {}): Operation | undefined {
    const followed = this.#open.get(id);
    if (followed === undefined) return undefined;
    this.#open.delete(id);
    const { operation, isPassedOver } = followed;
    if (isPassedOver) return operation;
    const data = { ...operation.named, ...telling.data };
    this.#emitter.emit({
      ...eventOf(`post_${operation.kind}`, operation, { ...telling, data }),
      callId: operation.callId,
    });
    return operation;
  }

  /** Tells a point in time. */
  happen(eventType: string, place: Place, telling: Telling = {}): void {
    this.#emitter.emit(eventOf(eventType, place, telling));
  }

  #makeRoom(): void {
    for (const id of this.#open.keys()) {
      if (this.#open.size < this.#limit) return;
      this.end(id, { result: tooMany(this.#limit) });
    }
  }
}
