import type { AnnouncedMember } from '@kaizen-trace/ports';
import { afterPrefix } from '@kaizen-trace/state-store';
import type { Plan } from './assignment.js';
import { planFor } from './assignment.js';
import type { Environment } from './environment.js';
import type { Stream } from './keys.js';
import { groupKey, leaseKey, memberKey } from './keys.js';

/** Who a member is, as the others see it. */
export interface MemberRecord {
  readonly pid: number;
  readonly host: string;
  /** Wall clock of the last heartbeat, in milliseconds. */
  readonly beatAt: number;
  readonly sessionTimeoutMs: number;
  readonly announcement?: string;
}

/** `claim` names one assignment, `epoch` one acquisition; both only grow, so that an older owner knows it is one. */
export interface LeaseRecord {
  readonly holder: string | null;
  readonly claim: number;
  readonly epoch: number;
}

/** One assignment of a partition; a later one has a greater number. */
export interface Claim {
  readonly partition: number;
  readonly claim: number;
}

/** What a heartbeat found out and changed. */
export interface Coordination {
  readonly generation: number;
  readonly claimed: readonly Claim[];
  /** Held over the share: to be given up. */
  readonly release: readonly number[];
  readonly leases: readonly LeaseRecord[];
}

/** Whether the process of a member is known to be gone, so that nobody need wait for its session to run out. */
export type IsGone = (member: MemberRecord) => boolean;

const free: LeaseRecord = { holder: null, claim: 0, epoch: 0 };
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/**
 * The records of one group, as JSON. `members`: one for each member, and under the group's bare key its generation, which
 * grows when anything but a heartbeat changes. `leases`: one for each partition. What writes must run in a transaction.
 */
export class GroupTable {
  readonly #env: Environment;
  readonly #key: Buffer;
  readonly #partitions: number;

  constructor(env: Environment, of: { stream: Stream; group: string; partitions: number }) {
    this.#env = env;
    this.#key = groupKey(of.stream, of.group);
    this.#partitions = of.partitions;
  }

  generation(): number {
    const bytes = this.#env.members.get(this.#key);
    return bytes === undefined ? 0 : (JSON.parse(bytes.toString()) as number);
  }

  lease(partition: number): LeaseRecord {
    const bytes = this.leaseBytes(partition);
    return bytes === undefined ? free : (JSON.parse(bytes.toString()) as LeaseRecord);
  }

  /** A partition's lease as its bytes: they change with its holder, its claim and its epoch, and with nothing else. */
  leaseBytes(partition: number): Buffer | undefined {
    return this.#env.leases.get(leaseKey(this.#key, partition));
  }

  position(partition: number): bigint | undefined {
    return this.#env.positions.get(leaseKey(this.#key, partition))?.readBigUInt64BE(0);
  }

  setPosition(partition: number, nextOffset: bigint): void {
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeBigUInt64BE(nextOffset);
    void this.#env.positions.put(leaseKey(this.#key, partition), bytes);
  }

  /** Heartbeats, buries the dead, and claims what falls to the member. */
  coordinate(
    memberId: string,
    self: MemberRecord,
    rules: { readonly isGone: IsGone; readonly claimable: (partition: number) => boolean },
  ): Coordination {
    const members = this.#members();
    let changed = !members.has(memberId);
    members.set(memberId, self);
    for (const [id, member] of members) {
      const silentMs = Math.abs(self.beatAt - member.beatAt);
      if (id === memberId || (silentMs <= member.sessionTimeoutMs && !rules.isGone(member))) continue;
      members.delete(id);
      void this.#env.members.remove(memberKey(this.#key, id));
      changed = true;
    }
    void this.#env.members.put(memberKey(this.#key, memberId), json(self));
    const leases = this.#freeOfTheDead(members);
    const plan = planFor(memberId, {
      members: [...members.keys()],
      holders: leases.map(({ holder }) => holder),
    });
    const claimed = this.#claim(memberId, leases, plan.claim.filter(rules.claimable));
    if (changed || claimed.length > 0) this.#grow();
    return {
      generation: this.generation(),
      claimed,
      release: plan.release satisfies Plan['release'],
      leases,
    };
  }

  /** Begins a new epoch: every older owner of the partition is fenced. Undefined where the claim is no longer good. */
  acquire(memberId: string, { partition, claim }: Claim): number | undefined {
    if (!this.holds(memberId, { partition, claim })) return undefined;
    const epoch = this.lease(partition).epoch + 1;
    this.#putLease(partition, { holder: memberId, claim, epoch });
    return epoch;
  }

  /** Whether the member still has the claim and, where one is given, the newest epoch. */
  holds(memberId: string, { partition, claim, epoch }: Claim & { readonly epoch?: number }): boolean {
    const lease = this.lease(partition);
    return (
      lease.holder === memberId && lease.claim === claim && (epoch === undefined || lease.epoch === epoch)
    );
  }

  /** Gives a claim back, unless it is gone already. */
  release(memberId: string, { partition, claim }: Claim): void {
    if (!this.holds(memberId, { partition, claim })) return;
    this.#putLease(partition, { ...this.lease(partition), holder: null });
    this.#grow();
  }

  /** Who is in the group, with what each holds; those known to be gone are left out. */
  announced(isGone: IsGone): readonly AnnouncedMember[] {
    const leases = this.#everyLease();
    return [...this.#members()]
      .filter(([, member]) => !isGone(member))
      .map(([memberId, { announcement }]) => ({
        memberId,
        announcement,
        partitions: leases.flatMap(({ holder }, partition) => (holder === memberId ? [partition] : [])),
      }));
  }

  /** Gives everything back. */
  leave(memberId: string): void {
    for (let partition = 0; partition < this.#partitions; partition += 1) {
      const lease = this.lease(partition);
      if (lease.holder === memberId) this.#putLease(partition, { ...lease, holder: null });
    }
    void this.#env.members.remove(memberKey(this.#key, memberId));
    this.#grow();
  }

  #members(): Map<string, MemberRecord> {
    const members = new Map<string, MemberRecord>();
    const range = this.#env.members.getRange({ start: this.#key, end: afterPrefix(this.#key) });
    for (const { key, value } of range) {
      if (key.length === this.#key.length) continue;
      members.set(key.toString('utf8', this.#key.length), JSON.parse(value.toString()) as MemberRecord);
    }
    return members;
  }

  #freeOfTheDead(members: ReadonlyMap<string, MemberRecord>): LeaseRecord[] {
    return this.#everyLease().map((lease) =>
      lease.holder === null || members.has(lease.holder) ? lease : { ...lease, holder: null },
    );
  }

  #everyLease(): readonly LeaseRecord[] {
    return Array.from({ length: this.#partitions }, (_, partition) => this.lease(partition));
  }

  #claim(memberId: string, leases: LeaseRecord[], partitions: readonly number[]): readonly Claim[] {
    return partitions.map((partition) => {
      const before = leases[partition]!;
      const lease = { holder: memberId, claim: before.claim + 1, epoch: before.epoch + 1 };
      leases[partition] = lease;
      this.#putLease(partition, lease);
      return { partition, claim: lease.claim };
    });
  }

  #putLease(partition: number, lease: LeaseRecord): void {
    void this.#env.leases.put(leaseKey(this.#key, partition), json(lease));
  }

  #grow(): void {
    void this.#env.members.put(this.#key, json(this.generation() + 1));
  }
}
