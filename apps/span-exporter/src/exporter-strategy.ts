import type { GroupMember, SpanLog, SpanPartitionHolder } from '@kaizen-trace/ports';
import type { Readiness } from '@kaizen-trace/service-kit';
import type { CustomTransportStrategy } from '@nestjs/microservices';

/** What the strategy tells about itself: `joined` the group, `left` it, or `lost` its place for good. */
export interface ExporterEvents {
  readonly joined: (memberId: string) => void;
  readonly left: () => void;
  readonly lost: (cause: unknown) => void;
}

/**
 * Nest's transport over the span log: listening is membership in the exporters' group. It hands no messages to handlers,
 * since a message's position may move only after the backend's answer, which Nest's own transports do not wait for.
 */
export class SpanLogStrategy implements CustomTransportStrategy {
  readonly #spans: () => SpanLog;
  readonly #hold: SpanPartitionHolder;
  readonly #listeners: { [Event in keyof ExporterEvents]: ExporterEvents[Event][] } = {
    joined: [],
    left: [],
    lost: [],
  };
  #member: GroupMember | undefined;
  #closing: Promise<void> | undefined;

  /** `spans` is asked for when the group is joined. */
  constructor(spans: () => SpanLog, hold: SpanPartitionHolder) {
    this.#spans = spans;
    this.#hold = hold;
  }

  /** Joins the group; `callback` gets the error where that is not possible. */
  listen(callback: (error?: unknown) => void): void {
    this.#join().then(() => callback(), callback);
  }

  /** Leaves the group after what is under way has settled or was given up. Idempotent. */
  close(): Promise<void> {
    return (this.#closing ??= this.#member?.leave() ?? Promise.resolve());
  }

  on<Event extends keyof ExporterEvents>(event: Event, listener: ExporterEvents[Event]): void {
    this.#listeners[event].push(listener);
  }

  /** The group member, once it has joined. */
  unwrap(): GroupMember | undefined {
    return this.#member;
  }

  /** Whether this process is a member of the group. */
  readiness(): Readiness {
    if (this.#member === undefined) return { type: 'not-ready', reason: 'has not joined the exporters yet' };
    if (this.#closing !== undefined) return { type: 'not-ready', reason: 'is leaving the group' };
    return { type: 'ready' };
  }

  async #join(): Promise<void> {
    const member = await this.#spans().join(this.#hold);
    this.#member = member;
    for (const listener of this.#listeners.joined) listener(member.memberId);
    member.done.then(
      () => this.#listeners.left.forEach((listener) => listener()),
      (cause: unknown) => this.#listeners.lost.forEach((listener) => listener(cause)),
    );
  }
}
