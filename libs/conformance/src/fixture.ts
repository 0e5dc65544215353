import type { LogConnection, Offset } from '@kaizen-trace/ports';

/** One fresh, empty log, as the suite sees it. Each test opens its own. */
export interface ConformanceFixture {
  /**
   * A new connection to this log, independent of the others, as another process would have it; connections of one machine
   * share its disk. The first machine by default.
   */
  connect(machine?: string): Promise<LogConnection>;
  /** The input's partition count; at least 3, better no more than 6. The span log and the dead letters have as many. */
  readonly partitions: number;
  /** The limit of one record, key, value and headers together, in bytes. */
  readonly maxRecordBytes: number;
  /** Passed to every group that the suite joins. */
  readonly sessionTimeoutMs: number;
  /** The process of `connection` dies: it heartbeats, reads and commits no more, and leaves no group. */
  crash(connection: LogConnection): Promise<void>;
  /** Moves the start of the input's partition up to `start`, as retention would. */
  trimEvents(partition: number, start: Offset): Promise<void>;
  /** Closes what is still open, and removes the log. */
  dispose(): Promise<void>;
}

/** Makes a fresh log for one test. */
export type OpenFixture = () => Promise<ConformanceFixture>;

/** How patient the suite is. */
export interface ConformanceOptions {
  /**
   * The longest that one expectation may take to come true, in milliseconds: a session timeout and a rebalance with it.
   * A test may take three times as long. 10 s by default.
   */
  readonly patienceMs?: number;
}

/** What the door hands to each port's suite. */
export interface SuiteContext {
  readonly open: OpenFixture;
  readonly patienceMs: number;
}
