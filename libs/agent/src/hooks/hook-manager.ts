import type { Hook, HookHandler } from './hook.js';
import { HookContext } from './hook-context.js';
import type { HookContextInit } from './hook-context.js';
import type { HookEvent } from './hook-event.js';
import { HookPriority } from './hook-priority.js';
import { HookResult } from './hook-result.js';
import type { HookResultInit } from './hook-result.js';
import { countersOf, statsOf, type HookCounters, type HookStats } from './hook-stats.js';
import { withinTime } from './within-time.js';

/** What goes with an event beside its data. */
export interface TriggerOptions extends Partial<
  Pick<
    HookContextInit,
    'metadata' | 'traceId' | 'timestamp' | 'eventId' | 'callId' | 'parentCallId' | 'serviceName' | 'result'
  >
> {
  /** How long each hook may take, in milliseconds; 500 unless told. */
  readonly timeoutMs?: number;
}

/** What {@link HookManager.trigger} takes, in Kaizen's order. */
export type TriggerArguments = readonly [
  eventType: HookEvent,
  agentId: string,
  data?: Readonly<Record<string, unknown>>,
  options?: TriggerOptions,
];

interface Registration {
  readonly name: string;
  /** In lower case; undefined: every event. */
  readonly eventType: string | undefined;
  readonly priority: HookPriority;
  /** What `unregister` knows it by. */
  readonly subject: Hook | HookHandler;
  readonly handle: HookHandler;
  readonly counters: HookCounters;
}

const defaultTimeoutMs = 500;

const isThenable = (answer: unknown): answer is PromiseLike<unknown> =>
  typeof answer === 'object' && answer !== null && 'then' in answer && typeof answer.then === 'function';

/** Whatever is no result is what a handler happened to return, and a success. */
const resultOf = (answer: unknown): HookResult => {
  if (answer instanceof HookResult) return answer;
  const isResult = typeof answer === 'object' && answer !== null && 'success' in answer;
  return new HookResult(isResult ? (answer as HookResultInit) : { success: true });
};

const resultSafely = (answer: unknown): HookResult => {
  try {
    return resultOf(answer);
  } catch (error) {
    return HookResult.failed(error);
  }
};

/**
 * Hands an agent's events to its hooks, in the order of their priority. A hook that throws, answers nonsense or takes too
 * long gives a failed result and is counted; neither the agent nor the other hooks notice.
 */
export class HookManager {
  readonly #registrations: Registration[] = [];
  readonly #counters = new Map<string, HookCounters>();
  /** What runs on an event, in order; made when first asked for, forgotten when a registration changes. */
  readonly #order = new Map<string, readonly Registration[]>();

  /**
   * Has `handler` called for each event of a type. It is counted under its function's name.
   *
   * @throws TypeError where `handler` is no function, or the priority none of the four.
   */
  register(eventType: HookEvent, handler: HookHandler, priority: HookPriority = HookPriority.NORMAL): void {
    if (typeof handler !== 'function') throw new TypeError('register: the handler must be a function');
    this.#add([eventType], {
      name: handler.name || 'anonymous',
      priority,
      subject: handler,
      handle: handler,
    });
  }

  /**
   * Has a hook called for all the events that it declares, or for every event where it declares none.
   *
   * @throws TypeError where it has no name or no `handle`, or the priority is none of the four.
   */
  registerHook(hook: Hook, priority: HookPriority = HookPriority.NORMAL): void {
    if (typeof hook.handle !== 'function' || typeof hook.name !== 'string' || hook.name === '')
      throw new TypeError('registerHook: a hook has a name and a handle(context) method');
    const handle: HookHandler = (context) => hook.handle(context);
    this.#add(hook.events ?? [undefined], { name: hook.name, priority, subject: hook, handle });
  }

  /** Takes a hook or handler out of one event, or of all. Answers how many registrations went. */
  unregister(subject: Hook | HookHandler, eventType?: HookEvent): number {
    const type = eventType?.toLowerCase();
    const kept = this.#registrations.filter(
      (each) => each.subject !== subject || (type !== undefined && each.eventType !== type),
    );
    const removed = this.#registrations.length - kept.length;
    this.#registrations.splice(0, this.#registrations.length, ...kept);
    this.#order.clear();
    return removed;
  }

  /**
   * Hands one event to its hooks, one after the other, and answers their results in that order. Never throws and never
   * rejects. Where every hook answers at once, so does this: nothing is awaited, no timer is armed.
   */
  async trigger(...[eventType, agentId, data = {}, options = {}]: TriggerArguments): Promise<HookResult[]> {
    const { timeoutMs = defaultTimeoutMs, ...rest } = options;
    return this.handle({ ...rest, eventType, agentId, data }, timeoutMs);
  }

  /** {@link trigger} for an event that stands already. */
  async handle(init: HookContextInit, timeoutMs = defaultTimeoutMs): Promise<HookResult[]> {
    const wanted = this.#hooksFor(init.eventType);
    if (wanted.length === 0) return [];
    const context = HookContext.from(init);
    const results: HookResult[] = [];
    for (const registration of wanted) {
      const outcome = this.#run(registration, context, timeoutMs);
      results.push(outcome instanceof HookResult ? outcome : await outcome);
    }
    return results;
  }

  /** What each hook did so far, by its name. */
  getStats(): Readonly<Record<string, HookStats>> {
    return Object.fromEntries([...this.#counters].map(([name, counters]) => [name, statsOf(counters)]));
  }

  /** The names of the hooks that are registered, each once, in the order of their registration. */
  registeredHookNames(): readonly string[] {
    return [...new Set(this.#registrations.map(({ name }) => name))];
  }

  #add(
    eventTypes: readonly (HookEvent | undefined)[],
    registration: Omit<Registration, 'eventType' | 'counters'>,
  ): void {
    const { name, priority } = registration;
    if (!Object.values(HookPriority).includes(priority))
      throw new TypeError('the priority must be one of HookPriority: CRITICAL, HIGH, NORMAL, LOW');
    const counters = this.#counters.get(name) ?? countersOf();
    this.#counters.set(name, counters);
    for (const each of eventTypes) {
      const eventType = each?.toLowerCase();
      const isKnown = this.#registrations.some(
        (other) => other.subject === registration.subject && other.eventType === eventType,
      );
      if (!isKnown) this.#registrations.push({ ...registration, eventType, counters });
    }
    this.#order.clear();
  }

  #hooksFor(eventType: unknown): readonly Registration[] {
    if (typeof eventType !== 'string')
      return this.#registrations.filter((each) => each.eventType === undefined);
    const known = this.#order.get(eventType);
    if (known !== undefined) return known;
    const type = eventType.toLowerCase();
    const wanted = this.#registrations
      .filter((each) => each.eventType === undefined || each.eventType === type)
      .sort((a, b) => a.priority - b.priority);
    // Custom names come from the agent: a thousand of them is enough to remember.
    if (this.#order.size >= 1000) this.#order.clear();
    this.#order.set(eventType, wanted);
    return wanted;
  }

  #run(
    { handle, counters }: Registration,
    context: HookContext,
    timeoutMs: number,
  ): HookResult | Promise<HookResult> {
    const startedAt = performance.now();
    try {
      const answer: unknown = handle(context);
      if (isThenable(answer)) {
        return withinTime(answer, timeoutMs).then(
          (given) => counters.count(resultSafely(given), performance.now() - startedAt),
          (error: unknown) => counters.count(HookResult.failed(error), performance.now() - startedAt),
        );
      }
      return counters.count(resultOf(answer), performance.now() - startedAt);
    } catch (error) {
      return counters.count(HookResult.failed(error), performance.now() - startedAt);
    }
  }
}
