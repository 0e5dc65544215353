import { brokerCodeOf, brokerCodes } from '../wire/errors.js';
import { Link, type LinkSettings } from '../wire/link.js';
import {
  assignerName,
  assignSticky,
  decodeAssignment,
  decodeClaim,
  encodeAssignment,
  encodeClaim,
} from './assigner.js';

/** Which group to join, and how. */
export interface GroupSettings {
  readonly link: LinkSettings;
  readonly group: string;
  readonly topic: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  /** What this member tells the others of itself. */
  readonly announcement: string | undefined;
}

/** A place in the group, for one generation. */
export interface Membership {
  readonly memberId: string;
  readonly generation: number;
  readonly partitions: readonly number[];
}

/** What the coordinator says to a heartbeat. */
export type Pulse =
  | { readonly type: 'alive' }
  /** Still a member, but the group is sharing anew: finish, and join again. */
  | { readonly type: 'rebalance' }
  /** No member any more, or of an older generation: what was held may be another's. */
  | { readonly type: 'lost'; readonly cause: unknown };

const lostCodes: readonly number[] = [brokerCodes.illegalGeneration, brokerCodes.unknownMember];

const fatalCodes: ReadonlyMap<number, string> = new Map([
  [
    brokerCodes.invalidSessionTimeout,
    "the session timeout is outside of the broker's group.min/max.session.timeout.ms",
  ],
  [
    brokerCodes.inconsistentGroupProtocol,
    'the group is used by another program: choose another KAIZEN_GROUP',
  ],
  [brokerCodes.groupAuthorizationFailed, 'no right to read with this group: grant READ on it'],
  [brokerCodes.topicAuthorizationFailed, 'no right to read the topic: grant READ on it'],
]);

/** Membership that cannot be had, whatever is tried: the message says what to change. */
export class GroupRefusedError extends Error {
  override readonly name = 'GroupRefusedError';
  readonly code = 'KAIZEN_GROUP_REFUSED';
}

/**
 * Talks to a group's coordinator over a connection of its own, since a join blocks whatever is behind it.
 * kafkajs's own consumer cannot wait for the holders of its partitions before it joins again.
 */
export class GroupCoordinator {
  readonly #settings: GroupSettings;
  #link: Link;
  #memberId = '';

  constructor(settings: GroupSettings) {
    this.#settings = settings;
    this.#link = new Link(settings.link);
  }

  get memberId(): string {
    return this.#memberId;
  }

  /**
   * Joins, and shares out the partitions where this member is chosen to.
   *
   * @throws GroupRefusedError where trying again is of no use; anything else may pass.
   */
  async join(held: { readonly owned: readonly number[]; readonly generation: number }): Promise<Membership> {
    try {
      return await this.#joinOnce(held);
    } catch (error) {
      const code = brokerCodeOf(error) ?? -1;
      if (lostCodes.includes(code)) this.#memberId = '';
      else if (!retriedOnSameLink.includes(code)) this.#link.destroy();
      const reason = fatalCodes.get(code);
      if (reason !== undefined) {
        throw new GroupRefusedError(`group ${this.#settings.group}: ${reason}`, { cause: error });
      }
      throw error;
    }
  }

  /** One heartbeat. @throws Error where it was not answered: that says nothing of the membership. */
  async heartbeat({ memberId, generation }: Membership): Promise<Pulse> {
    try {
      const coordinator = await this.#coordinator();
      const { group: groupId } = this.#settings;
      await coordinator.heartbeat({ groupId, groupGenerationId: generation, memberId });
      return { type: 'alive' };
    } catch (error) {
      const code = brokerCodeOf(error) ?? -1;
      if (code === brokerCodes.rebalanceInProgress) return { type: 'rebalance' };
      if (!lostCodes.includes(code)) {
        this.#link.destroy();
        throw error;
      }
      if (code === brokerCodes.unknownMember) this.#memberId = '';
      return { type: 'lost', cause: error };
    }
  }

  /** Moves the group's position for one partition, as a member of this generation. @throws Error where it did not. */
  async commitOffset({ memberId, generation }: Membership, partition: number, offset: bigint): Promise<void> {
    const coordinator = await this.#coordinator();
    const { group: groupId, topic } = this.#settings;
    const topics = [{ topic, partitions: [{ partition, offset: String(offset) }] }];
    await coordinator.offsetCommit({ groupId, groupGenerationId: generation, memberId, topics });
  }

  /** Leaves, if it can be said within a moment; else the session timeout says it. */
  async leave(): Promise<void> {
    const memberId = this.#memberId;
    if (memberId === '') return;
    this.#memberId = '';
    try {
      await (await this.#coordinator()).leaveGroup({ groupId: this.#settings.group, memberId });
    } catch {
      // The coordinator finds out by itself.
    }
  }

  close(): void {
    this.#link.destroy();
  }

  async #coordinator(): ReturnType<Link['coordinator']> {
    if (this.#link.destroyed) this.#link = new Link(this.#settings.link);
    return this.#link.coordinator('group', this.#settings.group);
  }

  async #joinOnce(held: {
    readonly owned: readonly number[];
    readonly generation: number;
  }): Promise<Membership> {
    const { group: groupId, topic, sessionTimeoutMs, rebalanceTimeoutMs, announcement } = this.#settings;
    const claim = announcement === undefined ? held : { ...held, announcement };
    const coordinator = await this.#coordinator();
    const joined = await coordinator.joinGroup({
      groupId,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: rebalanceTimeoutMs,
      memberId: this.#memberId,
      groupProtocols: [{ name: assignerName, metadata: encodeClaim(topic, claim) }],
    });
    this.#memberId = joined.memberId;
    const { memberId, generationId: generation, leaderId, members } = joined;
    const shares =
      leaderId === memberId
        ? assignSticky(members.map(decodeClaim), await this.#link.partitionCount(topic))
        : new Map<string, readonly number[]>();
    const { memberAssignment } = await coordinator.syncGroup({
      groupId,
      generationId: generation,
      memberId,
      groupAssignment: [...shares].map(([id, partitions]) => ({
        memberId: id,
        memberAssignment: encodeAssignment(topic, partitions),
      })),
    });
    return { memberId, generation, partitions: decodeAssignment(topic, memberAssignment) };
  }
}

const retriedOnSameLink: readonly number[] = [brokerCodes.rebalanceInProgress];
