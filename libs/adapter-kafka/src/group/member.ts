import { setTimeout as sleep } from 'node:timers/promises';
import type { GroupMember } from '@kaizen-trace/ports';
import { asError } from '@kaizen-trace/ports';
import { brokerCodeOf, brokerCodes } from '../wire/errors.js';
import { GroupCoordinator, GroupRefusedError, type GroupSettings, type Membership } from './coordinator.js';

/** A partition that the group has given to this member. */
export interface Tenure {
  readonly partition: number;
  /** Aborts when the partition is revoked, or the member leaves. */
  readonly signal: AbortSignal;
  readonly membership: Membership;
}

/** Called for each tenure; the partition is handed on when the promise settles. */
export type TenureHolder = (tenure: Tenure, member: KafkaGroupMember) => Promise<void>;

interface Holding {
  readonly controller: AbortController;
  readonly ended: Promise<void>;
}

const firstPauseMs = 100;
const longestPauseMs = 2000;

//            join                  pulse: rebalance, lost, or a rejoin was asked for
//  joining ───────▶ holding ───────────────────────────────────────▶ revoking ──▶ joining
//     └── leave, a holder threw, refused ──▶ revoking ──▶ left

/**
 * A member of a consumer group, with eager rebalances: before it joins again it takes every partition from its holders
 * and waits for them, and what comes back is a new tenure. Its heart beats on while a holder is slow.
 */
export class KafkaGroupMember implements GroupMember {
  readonly done: Promise<void>;
  readonly #settings: GroupSettings;
  readonly #hold: TenureHolder;
  readonly #coordinator: GroupCoordinator;
  readonly #holdings = new Map<number, Holding>();
  readonly #leaving = new AbortController();
  #disturb = new AbortController();
  #membership: Membership = { memberId: '', generation: -1, partitions: [] };
  #failure: Error | undefined;
  #fenced = new Set<number>();
  #joins = 0;

  private constructor(settings: GroupSettings, hold: TenureHolder, onJoined: () => void) {
    this.#settings = settings;
    this.#hold = hold;
    this.#coordinator = new GroupCoordinator(settings);
    this.done = this.#live(onJoined);
    // Whoever is interested awaits it; nobody has to.
    this.done.catch(() => undefined);
  }

  /**
   * Resolves when the group has taken the member in, however long the cluster is away; `register` is told of it before,
   * so that it can be made to leave meanwhile.
   *
   * @throws GroupRefusedError where trying again is of no use.
   */
  static async join(
    settings: GroupSettings,
    hold: TenureHolder,
    register: (member: GroupMember) => void,
  ): Promise<KafkaGroupMember> {
    const { promise: joined, resolve } = Promise.withResolvers<undefined>();
    const member = new KafkaGroupMember(settings, hold, () => resolve(undefined));
    register(member);
    await Promise.race([joined, member.done]);
    return member;
  }

  get memberId(): string {
    return this.#membership.memberId;
  }

  assigned(): readonly number[] {
    return [...this.#holdings].filter(([, { controller }]) => !controller.signal.aborted).map(([id]) => id);
  }

  rebalances(): number {
    return Math.max(0, this.#joins - 1);
  }

  async leave(): Promise<void> {
    this.#leaving.abort();
    await this.done.catch(() => undefined);
  }

  /** Whether the coordinator still counts `tenure`'s generation as a member: false for one that has slept too long. */
  async confirm({ membership, signal }: Tenure): Promise<boolean> {
    if (signal.aborted || membership !== this.#membership) return false;
    const pulse = await this.#coordinator.heartbeat(membership);
    if (pulse.type === 'lost') this.#disturb.abort();
    return pulse.type !== 'lost';
  }

  /** Joins again, without the partition: another has fenced its owner, so only the group can say whose it is. */
  giveUp({ partition, membership }: Tenure): void {
    if (membership !== this.#membership) return;
    this.#fenced.add(partition);
    this.#disturb.abort();
  }

  /** Moves the group's position on one partition. @throws Error where it was not moved. */
  async commitOffset({ membership, partition }: Tenure, offset: bigint): Promise<void> {
    await this.#coordinator.commitOffset(membership, partition, offset);
  }

  async #live(onJoined: () => void): Promise<void> {
    try {
      for (;;) {
        const joined = await this.#join();
        if (joined === undefined) break;
        this.#membership = joined;
        this.#joins += 1;
        this.#disturb = new AbortController();
        this.#fenced = new Set();
        for (const partition of joined.partitions) this.#grant(partition);
        onJoined();
        await this.#beatUntilDisturbed();
        await this.#revokeAll();
      }
    } finally {
      await this.#revokeAll();
      await this.#coordinator.leave();
      this.#coordinator.close();
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Joins for as long as it takes; undefined when the member is to leave. */
  async #join(): Promise<Membership | undefined> {
    const { generation, partitions } = this.#membership;
    const owned = partitions.filter((partition) => !this.#fenced.has(partition));
    for (let pause = firstPauseMs; !this.#over(); pause = Math.min(pause * 2, longestPauseMs)) {
      try {
        return await this.#coordinator.join({ owned, generation });
      } catch (error) {
        if (error instanceof GroupRefusedError) throw error;
        const { group, link } = this.#settings;
        // Another came or went meanwhile: that is how a group shares anew, and no news.
        const level = brokerCodeOf(error) === brokerCodes.rebalanceInProgress ? 'debug' : 'warn';
        link.log(level, `joining group ${group}: ${asError(error).message}`);
        await sleep(pause, undefined, { signal: this.#leaving.signal }).catch(() => undefined);
      }
    }
    return undefined;
  }

  #over(): boolean {
    return this.#leaving.signal.aborted || this.#settings.link.kill?.aborted === true;
  }

  #grant(partition: number): void {
    const before = this.#holdings.get(partition)?.ended;
    const controller = new AbortController();
    const tenure = { partition, signal: controller.signal, membership: this.#membership };
    const held = async (): Promise<void> => {
      // A holder that was too slow for the last rebalance is waited for here.
      await before;
      if (!controller.signal.aborted && !this.#leaving.signal.aborted) await this.#hold(tenure, this);
    };
    const ended = held().catch((error: unknown) => {
      this.#failure ??= asError(error);
      this.#leaving.abort();
    });
    this.#holdings.set(partition, { controller, ended });
  }

  /** Beats until the group shares anew, the membership is lost, or someone here wants to join again or leave. */
  async #beatUntilDisturbed(): Promise<void> {
    const signal = AbortSignal.any([this.#disturb.signal, this.#leaving.signal]);
    let heard = Date.now();
    const slept = (): Promise<boolean> => sleep(this.#interval, true, { signal }).catch(() => false);
    while (!this.#over() && (await slept())) {
      const pulse = await this.#coordinator.heartbeat(this.#membership).catch(() => undefined);
      if (pulse?.type === 'alive') heard = Date.now();
      if (pulse?.type === 'rebalance' || pulse?.type === 'lost') return;
      if (Date.now() - heard > this.#settings.sessionTimeoutMs) return;
    }
  }

  get #interval(): number {
    return Math.min(1000, Math.max(100, this.#settings.sessionTimeoutMs / 12));
  }

  /** Ends all tenures and waits for the holders, beating on, but not past what the group would wait. */
  async #revokeAll(): Promise<void> {
    const holders = [...this.#holdings.values()];
    for (const { controller } of holders) controller.abort();
    const all = Promise.all(holders.map(({ ended }) => ended)).then(() => true);
    const deadline = Date.now() + this.#settings.rebalanceTimeoutMs * 0.8;
    const killed = this.#settings.link.kill?.aborted === true;
    while (!killed && Date.now() < deadline) {
      const timer = new AbortController();
      const tick = sleep(this.#interval, false, { signal: timer.signal }).catch(() => false);
      const settled = await Promise.race([all, tick]);
      timer.abort();
      if (settled) {
        this.#holdings.clear();
        return;
      }
      await this.#coordinator.heartbeat(this.#membership).catch(() => undefined);
    }
  }
}
