import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { GroupMember } from '@kaizen-trace/ports';
import { asError, untilAborted } from '@kaizen-trace/ports';
import type { Claim, Coordination, GroupTable, MemberRecord } from './group-table.js';
import type { Store } from './store.js';

/** One assignment of a partition, as its holder is given it. */
export interface HeldClaim extends Claim {
  readonly memberId: string;
  /** Aborts when the partition is to be given up. */
  readonly signal: AbortSignal;
  /** Aborts with `signal`, and when the member dies. */
  readonly reading: AbortSignal;
}

/** What a member joins, and what it does with what falls to it. */
export interface MembershipOptions {
  readonly store: Store;
  readonly table: GroupTable;
  readonly sessionTimeoutMs: number;
  readonly announcement?: string;
  readonly hold: (claim: HeldClaim) => Promise<void>;
}

interface Holding {
  readonly claim: Claim;
  readonly revoke: AbortController;
  readonly ended: Promise<void>;
}

const host = hostname();

/** A process of this machine that no longer exists. Another machine's, or one that took over the number, is not seen. */
export const isGone = (member: MemberRecord): boolean => {
  if (member.host !== host) return false;
  try {
    process.kill(member.pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
};

/**
 * A member of a group, by records in the log that all processes share: it heartbeats four times a session timeout, claims
 * what falls to it, and gives up what it holds over its share. A member that was silent for too long finds its claims
 * taken, gives up the leases, and goes on as a new one would.
 */
export class Membership implements GroupMember {
  readonly memberId = randomUUID();
  readonly done: Promise<void>;
  readonly #options: MembershipOptions;
  readonly #held = new Map<number, Holding>();
  readonly #stop = new AbortController();
  readonly #died = new AbortController();
  readonly #settled = Promise.withResolvers<undefined>();
  #failure: Error | undefined;
  #left: Promise<void> | undefined;
  #generation = -1;
  #nextBeat = 0;
  #shares = 0;

  private constructor(options: MembershipOptions) {
    this.#options = options;
    this.done = this.#settled.promise.then(() => undefined);
    // Whoever wants to know looks at `done`; nobody has to.
    this.done.catch(() => undefined);
  }

  /** @throws LogUnavailableError where the log took no registration. */
  static async join(options: MembershipOptions): Promise<Membership> {
    const member = new Membership(options);
    await member.#coordinate();
    void member.#run();
    return member;
  }

  assigned(): readonly number[] {
    return [...this.#held.keys()].sort((a, b) => a - b);
  }

  rebalances(): number {
    return Math.max(0, this.#shares - 1);
  }

  leave(): Promise<void> {
    this.#left ??= this.#leave();
    return this.#left;
  }

  /** For fault tests: what a killed process does. It writes nothing any more and gives nothing back. */
  die(): void {
    this.#left ??= Promise.resolve();
    this.#died.abort();
    this.#stop.abort();
    this.#settled.resolve(undefined);
  }

  #stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  async #run(): Promise<void> {
    const { store, table } = this.#options;
    while (!this.#stopped()) {
      await store.watch.changed(this.#stop.signal, Math.max(this.#nextBeat - Date.now(), 1));
      if (this.#stopped()) return;
      const due = Date.now() >= this.#nextBeat || store.read(() => table.generation()) !== this.#generation;
      // A heartbeat that the disk refuses is sent again; if none comes through, the session ends, which is right.
      if (due) await this.#coordinate().catch(() => undefined);
    }
  }

  async #coordinate(): Promise<void> {
    const { store, table, sessionTimeoutMs, announcement } = this.#options;
    this.#nextBeat = Date.now() + sessionTimeoutMs / 4;
    const outcome = await store.write(0, () => {
      const about = announcement === undefined ? {} : { announcement };
      const self = { pid: process.pid, host, beatAt: Date.now(), sessionTimeoutMs, ...about };
      return table.coordinate(this.memberId, self, {
        isGone,
        claimable: (partition) => !this.#stopped() && !this.#held.has(partition),
      });
    });
    this.#generation = outcome.generation;
    if (!this.#stopped()) this.#follow(outcome);
  }

  #follow({ claimed, release, leases }: Coordination): void {
    if (this.#shares === 0 || claimed.length > 0 || release.length > 0) this.#shares += 1;
    for (const [partition, { claim, revoke }] of this.#held) {
      const lease = leases[partition]!;
      if (lease.holder !== this.memberId || lease.claim !== claim.claim) revoke.abort();
    }
    for (const partition of release) this.#held.get(partition)?.revoke.abort();
    for (const claim of claimed) this.#hold(claim);
  }

  #hold(claim: Claim): void {
    const revoke = new AbortController();
    const signal = revoke.signal;
    const reading = AbortSignal.any([signal, this.#died.signal]);
    const held = { ...claim, memberId: this.memberId, signal, reading };
    this.#held.set(claim.partition, { claim, revoke, ended: this.#holdToTheEnd(held) });
  }

  async #holdToTheEnd(held: HeldClaim): Promise<void> {
    const { store, table, hold } = this.#options;
    // The holder starts in a later turn, when the lease is in place.
    await Promise.resolve();
    try {
      await hold(held);
    } catch (thrown) {
      this.#failure ??= asError(thrown);
      void this.leave();
    }
    // A holder that returns early keeps the partition: it is nobody else's turn until the group moves it.
    await untilAborted(held.signal);
    await store.write(0, () => table.release(this.memberId, held)).catch(() => undefined);
    this.#held.delete(held.partition);
    // What could not be claimed while the holder was winding down may be claimed now.
    this.#generation = -1;
    store.watch.notify();
  }

  async #leave(): Promise<void> {
    const { store, table } = this.#options;
    this.#stop.abort();
    for (const { revoke } of this.#held.values()) revoke.abort();
    await Promise.all([...this.#held.values()].map(({ ended }) => ended));
    // Where the log takes no write, the session timeout tells the others.
    await store.write(0, () => table.leave(this.memberId)).catch(() => undefined);
    if (this.#failure === undefined) this.#settled.resolve(undefined);
    else this.#settled.reject(this.#failure);
  }
}
