import type {
  AssemblerLog,
  DeadLetterLog,
  EventLog,
  GroupOptions,
  LogConnection,
  SpanLog,
  StateReader,
} from '@kaizen-trace/ports';
import type { Offset } from '@kaizen-trace/ports';
import { asError, checkedAnnouncement } from '@kaizen-trace/ports';
import { LogUnavailableError } from './errors.js';
import { EmbeddedEventLog } from './event-log.js';
import { GroupTable } from './group-table.js';
import { streams } from './keys.js';
import type { Stream } from './keys.js';
import type { HeldClaim } from './membership.js';
import { isGone, Membership } from './membership.js';
import { useStore } from './open-store.js';
import type { EmbeddedLogOptions } from './options.js';
import { compileOptions } from './options.js';
import type { GroupContext } from './owned-partition.js';
import { leaseOf } from './owned-partition.js';
import { EmbeddedDeadLetterLog } from './redriver.js';
import { spanPartitionOf } from './span-partition.js';
import { stateReaderOf } from './state-reader.js';
import type { Store } from './store.js';
import { StreamReader } from './stream-reader.js';

/** A connection to an embedded log. */
export interface EmbeddedLog extends LogConnection {
  /** For fault tests: leaves the log as kill -9 would. Members heartbeat no more, and no group hears of it. */
  abandon(): Promise<void>;
  /** Moves the start of the input's partition up to `start`, whoever has read it or not. */
  trimEvents(partition: number, start: Offset): Promise<void>;
}

const defaultSessionTimeoutMs = 10_000;

class EmbeddedConnection implements EmbeddedLog {
  readonly events: EventLog;
  readonly deadLetters: DeadLetterLog;
  readonly #store: Store;
  readonly #members = new Set<Membership>();
  #closing: Promise<void> | undefined;

  constructor(store: Store, maxRecordBytes: number) {
    this.#store = store;
    const isOpen = (): boolean => this.#closing === undefined;
    this.events = new EmbeddedEventLog(store, { maxRecordBytes, isOpen });
    this.deadLetters = new EmbeddedDeadLetterLog(store);
  }

  assemblers(options: GroupOptions): AssemblerLog {
    const context = this.#contextOf(streams.events, options);
    return {
      join: (hold) => this.#join(context, options, (claim) => hold(leaseOf(context, claim))),
      members: () => Promise.resolve(this.#store.read(() => context.table.announced(isGone))),
      partitionCount: () => Promise.resolve(this.#store.partitions),
    };
  }

  spans(options: GroupOptions): SpanLog {
    const context = this.#contextOf(streams.spans, options);
    const reader = new StreamReader(this.#store, streams.spans);
    return {
      join: (hold) => this.#join(context, options, (claim) => hold(spanPartitionOf(context, claim))),
      partitionCount: () => reader.partitionCount(),
      allBounds: () => reader.allBounds(),
      appendTimes: (places) => reader.appendTimes(places),
      members: () => Promise.resolve(this.#store.read(() => context.table.announced(isGone))),
      bounds: (partition) => reader.bounds(partition),
      offsetAt: (partition, time) => reader.offsetAt(partition, time),
      scan: (range, signal) => reader.scan(range, signal),
    };
  }

  state({ group }: GroupOptions): StateReader {
    return stateReaderOf(this.#store, group);
  }

  ping(): ReturnType<LogConnection['ping']> {
    if (this.#closing !== undefined)
      return Promise.resolve({
        type: 'unreachable',
        cause: new LogUnavailableError('the connection is closed'),
      });
    try {
      this.#store.read(() => this.#store.logs.head(streams.events, 0));
      return Promise.resolve({ type: 'reachable' });
    } catch (error) {
      return Promise.resolve({ type: 'unreachable', cause: asError(error) });
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  abandon(): Promise<void> {
    for (const member of this.#members) member.die();
    return this.close();
  }

  async trimEvents(partition: number, start: Offset): Promise<void> {
    const limit = { start, chunks: 32 };
    while (await this.#store.write(0, () => this.#store.logs.trim(streams.events, partition, limit)));
  }

  #contextOf(stream: Stream, { group }: GroupOptions): GroupContext {
    const { env, partitions } = this.#store;
    return { store: this.#store, table: new GroupTable(env, { stream, group, partitions }), group };
  }

  async #join(
    { store, table }: GroupContext,
    options: GroupOptions,
    hold: (claim: HeldClaim) => Promise<void>,
  ): Promise<Membership> {
    if (this.#closing !== undefined)
      throw new LogUnavailableError('the connection is closed; open the log again');
    const { sessionTimeoutMs = defaultSessionTimeoutMs } = options;
    const announcement = checkedAnnouncement(options);
    const about = announcement === undefined ? {} : { announcement };
    const member = await Membership.join({ store, table, sessionTimeoutMs, hold, ...about });
    this.#members.add(member);
    void member.done.catch(() => undefined).then(() => this.#members.delete(member));
    return member;
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#members].map((member) => member.leave()));
    await this.#store.release();
  }
}

/**
 * Opens the embedded log of a directory, or creates it. What it says is appended or committed is on the disk. Several
 * processes may have it open at once, on one machine and a local file system.
 *
 * @throws EmbeddedLogError where there is no log and `create` is false, or where it has another format or partition count.
 */
export const openEmbeddedLog = async (options: EmbeddedLogOptions): Promise<EmbeddedLog> => {
  const compiled = compileOptions(options);
  return new EmbeddedConnection(await useStore(compiled), compiled.maxRecordBytes);
};
