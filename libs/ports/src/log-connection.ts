import type { AssemblerLog } from './assembler-log.js';
import type { DeadLetterLog } from './dead-letter-log.js';
import type { EventLog } from './event-log.js';
import type { SpanLog } from './span-log.js';
import type { StateReader } from './state-reader.js';

/** How a process takes part in a consumer group. */
export interface GroupOptions {
  /** Consumer group id. State belongs to one group: whoever restores compares it with its own. */
  readonly group: string;
  /** How long a silent member keeps its partitions, in milliseconds. */
  readonly sessionTimeoutMs?: number;
  /** What members tell each other of themselves, such as an address; at most {@link maxAnnouncementLength} characters. */
  readonly announcement?: string;
}

/** Longest announcement of a member, in UTF-16 units. */
export const maxAnnouncementLength = 1_024;

/** The options' announcement. @throws RangeError where it is too long for every member to carry. */
export const checkedAnnouncement = ({ announcement }: GroupOptions): string | undefined => {
  if (announcement !== undefined && announcement.length > maxAnnouncementLength)
    throw new RangeError(`announcement: at most ${maxAnnouncementLength} characters`);
  return announcement;
};

/** Everything that a process needs of the log. One adapter implements it whole; both pass one conformance suite. */
export interface LogConnection {
  readonly events: EventLog;
  /** Letters from every stage, oldest first in each partition. */
  readonly deadLetters: DeadLetterLog;
  assemblers(options: GroupOptions): AssemblerLog;
  spans(options: GroupOptions): SpanLog;
  /** A group's state, to look at only. On Kafka the state topic is one for all groups: its entries say whose they are. */
  state(options: GroupOptions): StateReader;
  /** A cheap look at whether the log answers now; for readiness. Never throws. */
  ping(): Promise<{ readonly type: 'reachable' } | { readonly type: 'unreachable'; readonly cause: Error }>;
  /** Leaves the groups that it joined, then closes. Idempotent. */
  close(): Promise<void>;
}
