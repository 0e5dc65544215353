import type { GroupMember, GroupOptions, LogConnection } from '@kaizen-trace/ports';
import { asError } from '@kaizen-trace/ports';
import { openAssemblerLog } from './assembler-log.js';
import { ensureTopics } from './ensure-topics.js';
import { openEventLog } from './event-log.js';
import { IdempotentProducer } from './idempotent-producer.js';
import { settingsOf, type KafkaLogOptions, type KafkaLogSettings } from './options.js';
import { openDeadLetterLog } from './redriver.js';
import { openSpanLog } from './span-log.js';
import { openStateReader } from './state-reader.js';
import { withLink } from './wire/link.js';

const pingMs = 3000;

const ping = async (settings: KafkaLogSettings, closed: AbortSignal): ReturnType<LogConnection['ping']> => {
  try {
    if (closed.aborted) throw new Error('the log is closed');
    const link = { ...settings.link, requestTimeoutMs: pingMs };
    await withLink(link, async (one) => one.leader(settings.topics.events, 0));
    return { type: 'reachable' };
  } catch (error) {
    return { type: 'unreachable', cause: asError(error) };
  }
};

/**
 * Opens the log on Kafka: creates the topics that are missing, checks those that exist, and connects when first used.
 * It needs brokers of version 2.3 or newer, and recovers by itself when they go away and come back.
 *
 * @throws KafkaUnreachableError where no broker answers.
 * @throws TopicMismatchError where an existing topic cannot be used.
 * @throws RangeError naming an option that makes no sense.
 */
export const openKafkaLog = async (options: KafkaLogOptions): Promise<LogConnection> => {
  const settings = settingsOf(options);
  await ensureTopics(settings);
  const closing = new AbortController();
  const closed = closing.signal;
  const events = new IdempotentProducer(settings);
  const members = new Set<GroupMember>();
  const register = (member: GroupMember): void => {
    members.add(member);
    const forget = (): void => void members.delete(member);
    member.done.then(forget, forget);
  };
  const context = { settings, events, register };
  let ended: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    await Promise.all([...members].map((member) => member.leave()));
    closing.abort();
    await events.close();
  };
  return {
    events: openEventLog(settings, events, closed),
    deadLetters: openDeadLetterLog(settings, closed),
    assemblers: (group: GroupOptions) => openAssemblerLog(context, group),
    spans: (group: GroupOptions) => openSpanLog(context, group, closed),
    // The topic is one for all groups: whose an entry is, it says itself.
    state: () => openStateReader(settings, closed),
    ping: () => ping(settings, closed),
    close: () => (ended ??= end()),
  };
};
