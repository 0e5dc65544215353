import type {
  AcquireOutcome,
  AssemblerLog,
  GroupMember,
  GroupOptions,
  LeaseHolder,
  PartitionLease,
} from '@kaizen-trace/ports';
import { asError } from '@kaizen-trace/ports';
import { joinGroup, type ConnectionContext } from './group/join-group.js';
import type { KafkaGroupMember, Tenure } from './group/member.js';
import { readMembers } from './group/members.js';
import { KafkaOwnedPartition, readPosition } from './owned-partition.js';
import { patiently } from './partition-reader.js';
import { TransactionalProducer } from './transaction.js';

const fencedBefore = (partition: number): AcquireOutcome => ({
  type: 'fenced',
  cause: new Error(`partition ${partition} is owned by another member until the group assigns it here again`),
});

/** A partition's lease: hands out one owner at a time, and none any more once the partition was lost. */
class Lease implements PartitionLease {
  readonly partition: number;
  readonly signal: AbortSignal;
  readonly #tenure: Tenure;
  readonly #group: string;
  readonly #context: ConnectionContext;
  readonly #member: KafkaGroupMember;
  #current: KafkaOwnedPartition | undefined;
  #lost = false;

  constructor(
    tenure: Tenure,
    group: string,
    context: ConnectionContext & { readonly member: KafkaGroupMember },
  ) {
    this.partition = tenure.partition;
    this.signal = tenure.signal;
    this.#tenure = tenure;
    this.#group = group;
    this.#context = context;
    this.#member = context.member;
  }

  async acquire(): Promise<AcquireOutcome> {
    const { settings, events } = this.#context;
    const source = { group: this.#group, partition: this.partition };
    let producer: TransactionalProducer | undefined;
    try {
      // A member that slept past its session must not fence the rightful owner: the coordinator is asked first.
      if (this.#lost || !(await this.#member.confirm(this.#tenure))) return fencedBefore(this.partition);
      producer = await TransactionalProducer.open(settings, source, this.signal);
      const position = await readPosition(settings, source);
      this.#current?.supersede();
      const acquired = { ...position, producer };
      const owned: KafkaOwnedPartition = new KafkaOwnedPartition(settings, acquired, {
        events,
        signal: this.signal,
        onFenced: () => this.#fenced(),
      });
      this.#current = owned;
      return { type: 'acquired', owned };
    } catch (error) {
      producer?.close();
      return { type: 'retryable', cause: asError(error) };
    }
  }

  async release(): Promise<void> {
    await this.#current?.close();
  }

  #fenced(): void {
    this.#lost = true;
    this.#member.giveUp(this.#tenure);
  }
}

/** The assemblers' side: input partitions shared in a group, and a transaction for each commit. */
export const openAssemblerLog = (context: ConnectionContext, options: GroupOptions): AssemblerLog => {
  const { settings } = context;
  const topic = settings.topics.events;

  const join = (hold: LeaseHolder): Promise<GroupMember> =>
    joinGroup(context, { ...options, topic }, async (tenure, member) => {
      const lease = new Lease(tenure, options.group, { ...context, member });
      try {
        await hold(lease);
      } finally {
        await lease.release();
      }
    });

  return {
    join,
    members: () => readMembers(settings.link, options.group, topic),
    partitionCount: () => patiently(settings.link, (link) => link.partitionCount(topic)),
  };
};
