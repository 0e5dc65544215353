import type {
  DeadLetter,
  GroupMember,
  GroupOptions,
  LogBounds,
  Offset,
  RecordBatch,
  SpanLog,
  SpanPartition,
  SpanPartitionHolder,
} from '@kaizen-trace/ports';
import { joinGroup, type ConnectionContext } from './group/join-group.js';
import type { KafkaGroupMember, Tenure } from './group/member.js';
import { readMembers } from './group/members.js';
import { openReader } from './log-reader.js';
import { readCommittedOffset } from './owned-partition.js';
import { readBounds, readPartition } from './partition-reader.js';

/** One span partition of one exporter. */
const spanPartition = (
  context: ConnectionContext,
  tenure: Tenure,
  known: {
    readonly member: KafkaGroupMember;
    readonly committedOffset: Offset | undefined;
    readonly bounds: LogBounds;
  },
): SpanPartition => {
  const { settings, events } = context;
  const { partition, signal } = tenure;
  const { spans: topic, deadLetters: letters } = settings.topics;
  return {
    partition,
    signal,
    committedOffset: known.committedOffset,
    bounds: known.bounds,
    read: (from: Offset): AsyncIterable<RecordBatch> =>
      readPartition({
        link: settings.link,
        topic,
        partition,
        from,
        maxBytes: settings.fetchBytes,
        maxWaitMs: settings.maxWaitMs,
        signal,
      }),
    acknowledge: async (progress: {
      readonly nextOffset: Offset;
      readonly deadLetters: readonly DeadLetter[];
    }): Promise<void> => {
      const records = progress.deadLetters.map((record) => ({ topic: letters, partition, record }));
      const sent = await events.send(records);
      if (sent.type === 'failed') throw sent.cause;
      await known.member.commitOffset(tenure, progress.nextOffset);
    },
  };
};

/** The exporters' side: committed spans, shared in a group of their own. */
export const openSpanLog = (
  context: ConnectionContext,
  options: GroupOptions,
  closed: AbortSignal,
): SpanLog => {
  const { settings } = context;
  const topic = settings.topics.spans;

  const join = (hold: SpanPartitionHolder): Promise<GroupMember> =>
    joinGroup(context, { ...options, topic }, async (tenure, member) => {
      const source = { topic, partition: tenure.partition };
      const [committedOffset, bounds] = await Promise.all([
        readCommittedOffset(settings, options.group, source),
        readBounds(settings.link, topic, tenure.partition),
      ]);
      if (!tenure.signal.aborted) {
        await hold(spanPartition(context, tenure, { member, committedOffset, bounds }));
      }
    });

  return {
    ...openReader(settings, topic, closed),
    join,
    members: () => readMembers(settings.link, options.group, topic),
  };
};
