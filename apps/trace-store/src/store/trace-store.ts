import type { EncodedSpanGroup } from '@kaizen-trace/otlp';
import { splitTraceRequest } from '@kaizen-trace/otlp';
import type { TraceSearch } from '../query/trace-query.js';
import { CommitQueue } from './commit-queue.js';
import type { StoreOutcome } from './commit-queue.js';
import { openDatabase, usedBytes } from './database.js';
import type { TraceDatabase } from './database.js';
import { part, partKey, traceKey } from './keys.js';
import { Names } from './names.js';
import type { Operation } from './names.js';
import { sweepNames, sweepStep } from './retention.js';
import type { RetentionLimits } from './retention.js';
import { findTraceIds } from './search.js';
import type { SearchProgress } from './search.js';
import { readEncodedTrace, readTrace } from './trace-reader.js';
import type { EncodedStoredSpan, StoredSpan } from './trace-reader.js';

/** How much is kept, how much may wait, and how often retention looks. */
export interface TraceStoreLimits extends RetentionLimits {
  /** The most bytes of requests that may wait for a commit. */
  readonly maxWaitingBytes: number;
  /** How often retention looks, in milliseconds. */
  readonly sweepIntervalMs: number;
  /** Told when a sweep failed; the next one tries again. */
  readonly onSweepFailed?: (error: unknown) => void;
}

/** How an export ended. */
export type ExportOutcome =
  | StoreOutcome
  /** The bytes are no request; nothing was stored. */
  | { readonly type: 'malformed'; readonly reason: string }
  /** Stored, but for spans without a trace id, which nobody could ask for. */
  | { readonly type: 'partial'; readonly rejectedSpans: number; readonly reason: string };

/** What the store has done since it was opened, and what it holds; for metrics. */
export interface TraceStoreCounts {
  readonly storedSpans: number;
  readonly rejectedSpans: number;
  readonly refusedExports: number;
  readonly removedTraces: number;
  readonly waitingBytes: number;
  readonly usedBytes: number;
}

const noTraceId = '\0'.repeat(16);
const hasTraceId = (traceId: string): boolean => traceId !== '' && traceId !== noTraceId;

const withTraceIds = (groups: readonly EncodedSpanGroup[]): readonly EncodedSpanGroup[] =>
  groups.every(({ spans }) => spans.every(({ traceId }) => hasTraceId(traceId)))
    ? groups
    : groups.map((group) => ({ ...group, spans: group.spans.filter(({ traceId }) => hasTraceId(traceId)) }));

const countOf = (groups: readonly EncodedSpanGroup[]): number =>
  groups.reduce((sum, { spans }) => sum + spans.length, 0);

/** Spans in LMDB: durable before an export is answered, visible at once, kept as long as age and size allow. */
export class TraceStore {
  readonly #database: TraceDatabase;
  readonly #names: Names;
  readonly #commits: CommitQueue;
  readonly #limits: TraceStoreLimits;
  readonly #sweeper: NodeJS.Timeout;
  #sweeping: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #counts = { storedSpans: 0, rejectedSpans: 0, refusedExports: 0, removedTraces: 0 };

  /**
   * Opens the store in the folder `path`.
   *
   * @throws Error where the folder cannot be written.
   */
  constructor(path: string, limits: TraceStoreLimits) {
    this.#database = openDatabase(path);
    this.#names = new Names(this.#database);
    this.#limits = limits;
    const { maxWaitingBytes } = limits;
    this.#commits = new CommitQueue({
      database: this.#database,
      names: this.#names,
      maxWaitingBytes,
      now: () => Date.now(),
    });
    this.#sweeper = setInterval(() => {
      this.#sweeping ??= this.sweep()
        .catch((error: unknown) => limits.onSweepFailed?.(error))
        .finally(() => (this.#sweeping = undefined));
    }, limits.sweepIntervalMs);
    this.#sweeper.unref();
  }

  /** Stores the spans of an encoded OTLP request; settles when they are on the disk. */
  async export(request: Uint8Array): Promise<ExportOutcome> {
    const split = splitTraceRequest(request);
    if (split.type === 'malformed') return this.#refused(split);
    const groups = withTraceIds(split.groups);
    const stored = countOf(groups);
    const outcome =
      stored === 0 ? ({ type: 'stored' } as const) : await this.#commits.store(groups, request.length);
    if (outcome.type !== 'stored') return this.#refused(outcome);
    const rejectedSpans = split.spanCount - stored;
    this.#counts.storedSpans += stored;
    this.#counts.rejectedSpans += rejectedSpans;
    if (rejectedSpans === 0) return outcome;
    return { type: 'partial', rejectedSpans, reason: `${rejectedSpans} spans have no trace id` };
  }

  #refused(outcome: ExportOutcome): ExportOutcome {
    this.#counts.refusedExports++;
    return outcome;
  }

  /** Why the last commit failed; undefined where it did not. */
  get lastFailure(): Error | undefined {
    return this.#commits.lastFailure;
  }

  /** Every service, sorted. */
  services(): readonly string[] {
    return this.#names.services();
  }

  /** The operations of a service; undefined where the service is unknown. */
  operations(service: string): readonly Operation[] | undefined {
    const number = this.#names.findService(service);
    return number === undefined ? undefined : this.#names.operations(number);
  }

  /** Ids of traces that match, newest first. */
  search(search: TraceSearch, progress: SearchProgress = { gaveUp: false }): AsyncGenerator<string> {
    return findTraceIds({ database: this.#database, names: this.#names }, search, progress);
  }

  /** The spans of a trace, in chunks; none where it is unknown. `traceId` is 32 hex digits. */
  read(traceId: string): AsyncGenerator<readonly StoredSpan[]> {
    return readTrace(this.#database.traces, traceId);
  }

  /** The spans of a trace as {@link read} gives them, not decoded: for traces too long to be decoded at once. */
  readEncoded(traceId: string): AsyncGenerator<readonly EncodedStoredSpan[]> {
    return readEncodedTrace(this.#database.traces, traceId);
  }

  /** Whether anything is stored of a trace. */
  has(traceId: string): boolean {
    return this.#database.traces.doesExist(partKey(traceKey(traceId), part.header));
  }

  counts(): TraceStoreCounts {
    const used = usedBytes(this.#database);
    return { ...this.#counts, waitingBytes: this.#commits.waitingBytes, usedBytes: used };
  }

  /** Applies age and size now, in small steps; ends when nothing is left to remove or the store closes. */
  async sweep(): Promise<void> {
    const store = { database: this.#database, names: this.#names };
    for (let more = true; more && this.#closing === undefined;) {
      const step = await this.#commits.exclusively(() => sweepStep(store, this.#limits, Date.now()));
      this.#counts.removedTraces += step.removedTraces;
      more = step.more;
    }
    if (this.#closing === undefined) await this.#commits.exclusively(() => sweepNames(store, Date.now()));
  }

  /** Finishes what was taken, then closes. Idempotent. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    clearInterval(this.#sweeper);
    await this.#sweeping;
    await this.#commits.close();
    await this.#database.root.close();
  }
}
