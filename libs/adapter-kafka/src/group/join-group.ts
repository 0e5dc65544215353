import { checkedAnnouncement, type GroupMember, type GroupOptions } from '@kaizen-trace/ports';
import type { IdempotentProducer } from '../idempotent-producer.js';
import type { KafkaLogSettings } from '../options.js';
import { KafkaGroupMember, type TenureHolder } from './member.js';

/** What every member of one connection shares, and where it is registered until it has left. */
export interface ConnectionContext {
  readonly settings: KafkaLogSettings;
  readonly events: IdempotentProducer;
  readonly register: (member: GroupMember) => void;
}

/** Kafka's own default; the broker refuses less than its group.min.session.timeout.ms, 6 s by default. */
const defaultSessionTimeoutMs = 45_000;

/**
 * Joins a group that shares the partitions of one topic; `hold` is called for each that falls to this member.
 *
 * @throws RangeError where the announcement is too long; GroupRefusedError where trying again is of no use.
 */
export const joinGroup = async (
  { settings, register }: ConnectionContext,
  options: GroupOptions & { readonly topic: string },
  hold: TenureHolder,
): Promise<GroupMember> =>
  KafkaGroupMember.join(
    {
      link: settings.link,
      group: options.group,
      topic: options.topic,
      sessionTimeoutMs: options.sessionTimeoutMs ?? defaultSessionTimeoutMs,
      rebalanceTimeoutMs: settings.rebalanceTimeoutMs,
      announcement: checkedAnnouncement(options),
    },
    hold,
    register,
  );
