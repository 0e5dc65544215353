import { eventNameOf } from './event-name.js';
import type { Hook, HookHandler } from './hook.js';
import type { HookEvent } from './hook-event.js';
import { HookPriority } from './hook-priority.js';
import { countersOf, statsOf, type HookCounters, type HookStats } from './hook-stats.js';

/** One handler for one event, or for every event. */
export interface Registration {
  readonly name: string;
  /** In lower case; undefined: every event. */
  readonly eventType: string | undefined;
  readonly priority: HookPriority;
  /** What `unregister` knows it by. */
  readonly subject: Hook | HookHandler;
  readonly handle: HookHandler;
  readonly counters: HookCounters;
}

/** What is to be registered, before it is known for which events. */
export type Candidate = Omit<Registration, 'eventType' | 'counters'>;

/** Custom names come from the agent: so many of them are remembered, and none that is longer than a name may be. */
const namesRemembered = 1000;
const longestName = 128;
/** Of hooks that are gone, the counters of so many stay. */
const countersKept = 1000;

/** Who is called for which event, and in what order; bounded by what is registered. */
export class Registrations {
  #all: readonly Registration[] = [];
  readonly #counters = new Map<string, HookCounters>();
  /** What runs on an event, in order; made when first asked for, forgotten when a registration changes. */
  readonly #order = new Map<string, readonly Registration[]>();

  get isEmpty(): boolean {
    return this.#all.length === 0;
  }

  /**
   * Adds the candidate for each of the events; all of them or none. Where it is registered for one already, it takes the
   * new priority there.
   *
   * @throws TypeError where an event type is none, or the priority none of the four.
   */
  add(eventTypes: readonly HookEvent[] | undefined, candidate: Candidate): void {
    if (!Object.values(HookPriority).includes(candidate.priority))
      throw new TypeError('the priority must be one of HookPriority: CRITICAL, HIGH, NORMAL, LOW');
    if (eventTypes !== undefined && !Array.isArray(eventTypes))
      throw new TypeError(
        'the events of a hook must be a list of event types; leave them out for every event',
      );
    const names = new Set(eventTypes === undefined ? [undefined] : eventTypes.map(eventNameOf));
    const counters = this.#countersOf(candidate.name);
    const others = this.#all.filter(
      ({ subject, eventType }) => subject !== candidate.subject || !names.has(eventType),
    );
    this.#all = [...others, ...Array.from(names, (eventType) => ({ ...candidate, eventType, counters }))];
    this.#order.clear();
  }

  /** Removes what `goes` says. Answers how many registrations went. */
  remove(goes: (registration: Registration) => boolean): number {
    const kept = this.#all.filter((each) => !goes(each));
    const removed = this.#all.length - kept.length;
    this.#all = kept;
    this.#order.clear();
    return removed;
  }

  /** What runs on an event of this type, in order. The list stays as it is, whatever is registered meanwhile. */
  for(eventType: string): readonly Registration[] {
    const known = this.#order.get(eventType);
    if (known !== undefined) return known;
    const name = eventType.toLowerCase();
    const wanted = this.#all
      .filter((each) => each.eventType === undefined || each.eventType === name)
      .sort((a, b) => a.priority - b.priority);
    if (eventType.length > longestName) return wanted;
    if (this.#order.size >= namesRemembered) this.#order.clear();
    this.#order.set(eventType, wanted);
    return wanted;
  }

  names(): readonly string[] {
    return [...new Set(this.#all.map(({ name }) => name))];
  }

  stats(): Readonly<Record<string, HookStats>> {
    return Object.fromEntries([...this.#counters].map(([name, counters]) => [name, statsOf(counters)]));
  }

  /** Hooks of one name share their counters, also with those of that name that are gone. */
  #countersOf(name: string): HookCounters {
    const known = this.#counters.get(name);
    if (known !== undefined) return known;
    if (this.#counters.size >= countersKept) {
      const inUse = new Set(this.names());
      for (const each of this.#counters.keys()) if (!inUse.has(each)) this.#counters.delete(each);
    }
    const counters = countersOf();
    this.#counters.set(name, counters);
    return counters;
  }
}
