import type { HookContextInit } from '../hooks/hook-context.js';
import type { HookEvent } from '../hooks/hook-event.js';
import { HookResult } from '../hooks/hook-result.js';
import type { Hook } from '../hooks/hook.js';
import type { EventReceiver } from '../receiver.js';
import type { Publisher, PublishOutcome } from './publisher.js';

/** What a {@link PublishingHook} is made of. */
export interface PublishingHookOptions {
  readonly publisher: Publisher;
  /** The event types to publish, case ignored; others are passed over. Absent: every event. */
  readonly eventsToPublish?: readonly HookEvent[] | undefined;
}

const success = Object.freeze(HookResult.succeeded());
const errorType = 'PublishRefusedError';

const resultOf = (outcome: PublishOutcome): HookResult =>
  outcome.type === 'accepted'
    ? success
    : new HookResult({ success: false, error: outcome.message, errorType, data: { reason: outcome.reason } });

/**
 * Hands every event to a publisher. A success means that it was taken in, not that it is delivered yet; a failure says why
 * not. Answers at once, but where the publisher's policy is to wait for room. Never throws.
 */
export class PublishingHook implements Hook, EventReceiver {
  readonly name = 'publishing';
  readonly events: readonly HookEvent[] | undefined;
  readonly publisher: Publisher;
  readonly #wanted: ReadonlySet<string> | undefined;

  /** @throws TypeError where the publisher is none, or the event types are no list of names. */
  constructor({ publisher, eventsToPublish }: PublishingHookOptions) {
    if (typeof (publisher as Partial<Publisher> | undefined)?.publish !== 'function')
      throw new TypeError('publisher: give what kafkaPublisher, httpPublisher or embeddedLogPublisher made');
    if (eventsToPublish !== undefined && !isNames(eventsToPublish))
      throw new TypeError('eventsToPublish: give a list of event types, or leave it out for every event');
    this.publisher = publisher;
    this.events = eventsToPublish;
    this.#wanted = eventsToPublish && new Set(eventsToPublish.map((each) => each.toLowerCase()));
  }

  /** Hands the event to the publisher, unless it is filtered out. Fails where it is refused; never throws or rejects. */
  readonly handle = (event: HookContextInit): HookResult | Promise<HookResult> => {
    if (this.#wanted !== undefined && !this.#wants(event.eventType)) return success;
    const outcome = this.publisher.publish(event);
    return outcome instanceof Promise ? outcome.then(resultOf) : resultOf(outcome);
  };

  #wants(eventType: unknown): boolean {
    return typeof eventType === 'string' && this.#wanted?.has(eventType.toLowerCase()) === true;
  }
}

const isNames = (value: unknown): boolean =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');
