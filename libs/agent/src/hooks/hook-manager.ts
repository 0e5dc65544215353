import type { Hook, HookHandler } from './hook.js';
import { HookContext } from './hook-context.js';
import type { HookContextInit } from './hook-context.js';
import type { HookEvent } from './hook-event.js';
import { HookPriority } from './hook-priority.js';
import { HookResult } from './hook-result.js';
import type { HookResultInit } from './hook-result.js';
import type { HookStats } from './hook-stats.js';
import { Registrations, type Registration } from './registrations.js';
import { defaultTimeoutMs, withinTime } from './within-time.js';
import { isThenable } from '../is-thenable.js';

/** What goes with an event beside its data. */
export interface TriggerOptions extends Partial<
  Pick<
    HookContextInit,
    'metadata' | 'traceId' | 'timestamp' | 'eventId' | 'callId' | 'parentCallId' | 'serviceName' | 'result'
  >
> {
  /** How long each hook may take before it counts as failed, in milliseconds; 500 unless told. */
  readonly timeoutMs?: number;
}

/** What {@link HookManager.trigger} takes, in Kaizen's order. */
export type TriggerArguments = readonly [
  eventType: HookEvent,
  agentId: string,
  data?: Readonly<Record<string, unknown>>,
  options?: TriggerOptions,
];

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

const isHook = (value: unknown): value is Hook =>
  typeof value === 'object' &&
  value !== null &&
  'handle' in value &&
  typeof value.handle === 'function' &&
  'name' in value &&
  typeof value.name === 'string' &&
  value.name !== '';

/**
 * Hands an agent's events to its hooks, in the order of their priority. A hook that throws, answers nonsense or takes too
 * long gives a failed result and is counted; neither the agent nor the other hooks notice. A hook that never lets go of
 * the thread cannot be timed.
 */
export class HookManager {
  readonly #registrations = new Registrations();

  /** Whether nothing is registered, so that an event need not even be made. */
  get isEmpty(): boolean {
    return this.#registrations.isEmpty;
  }

  /**
   * Has `handler`, a function or a hook, called for each event of a type; a function is counted under its own name.
   * Registered again for the same event, it is called once, with the new priority.
   *
   * @throws TypeError where `handler` is neither, the event type is none, or the priority none of the four.
   */
  register(
    eventType: HookEvent,
    handler: HookHandler | Hook,
    priority: HookPriority = HookPriority.NORMAL,
  ): void {
    if (isHook(handler)) {
      this.#addHook([eventType], handler, priority);
      return;
    }
    if (typeof handler !== 'function')
      throw new TypeError('register: the handler must be a function, or a hook with a name and handle()');
    this.#registrations.add([eventType], {
      name: handler.name === '' ? 'anonymous' : handler.name,
      priority,
      subject: handler,
      handle: handler,
    });
  }

  /**
   * Has a hook called for all the events that it declares, or for every event where it declares none.
   *
   * @throws TypeError where it has no name or no `handle`, declares what is no event type, or the priority is none of
   * the four.
   */
  registerHook(hook: Hook, priority: HookPriority = HookPriority.NORMAL): void {
    if (!isHook(hook)) throw new TypeError('registerHook: a hook has a name and a handle(context) method');
    this.#addHook(hook.events, hook, priority);
  }

  /**
   * Takes a hook or handler out of one event, or of all; or everything out of one event. Either order will do:
   * `unregister(hook)`, `unregister(eventType)`, `unregister(eventType, hook)`, `unregister(hook, eventType)`. A hook
   * that was registered for every event is taken out only as a whole. Answers how many registrations went.
   */
  unregister(first: Hook | HookHandler | HookEvent, second?: Hook | HookHandler | HookEvent): number {
    const given = [first, second].filter((each) => each !== undefined);
    const eventType = given.find((each) => typeof each === 'string')?.toLowerCase();
    const subject = given.find((each) => typeof each !== 'string');
    if (given.length === 0) return 0;
    return this.#registrations.remove(
      (each) =>
        (subject === undefined || each.subject === subject) &&
        (eventType === undefined || each.eventType === eventType),
    );
  }

  /**
   * Hands one event to its hooks, one after the other, and answers their results in that order. Never throws and never
   * rejects. Which hooks run is settled when it is called. Where every hook answers at once, they all have run before it
   * returns, and no timer is armed.
   */
  async trigger(...[eventType, agentId, data, options]: TriggerArguments): Promise<HookResult[]> {
    if (this.isEmpty) return [];
    try {
      const { timeoutMs, ...rest } = options ?? {};
      return await this.handle({ ...rest, eventType, agentId, data }, timeoutMs);
    } catch (error) {
      // Nothing but options that cannot be read gets here.
      return [HookResult.failed(error)];
    }
  }

  /** {@link HookManager.trigger} for an event that stands already. */
  async handle(event: HookContextInit, timeoutMs = defaultTimeoutMs): Promise<HookResult[]> {
    const results: HookResult[] = [];
    try {
      const wanted = this.#registrations.for(event.eventType);
      if (wanted.length === 0) return results;
      const context = HookContext.from(event);
      for (const registration of wanted) {
        const outcome = this.#run(registration, context, timeoutMs);
        results.push(outcome instanceof HookResult ? outcome : await outcome);
      }
    } catch (error) {
      // Nothing but an event that cannot be read gets here.
      results.push(HookResult.failed(error));
    }
    return results;
  }

  /** What each hook did so far, by its name. */
  getStats(): Readonly<Record<string, HookStats>> {
    return this.#registrations.stats();
  }

  /** The names of the hooks that are registered, each once, in the order of their registration. */
  registeredHookNames(): readonly string[] {
    return this.#registrations.names();
  }

  #addHook(eventTypes: readonly HookEvent[] | undefined, hook: Hook, priority: HookPriority): void {
    const handle: HookHandler = (context) => hook.handle(context);
    this.#registrations.add(eventTypes, { name: hook.name, priority, subject: hook, handle });
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
