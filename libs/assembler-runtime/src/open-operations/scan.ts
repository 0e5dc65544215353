import { setImmediate } from 'node:timers/promises';
import type { OperationEntry, PartitionState } from '@kaizen-trace/assembler-core';
import { otelTraceId, settingsTable, snapshotEntries } from '@kaizen-trace/assembler-core';
import type { Millis } from '@kaizen-trace/contracts';
import { sha256Hex } from '@kaizen-trace/otlp';
import { comesBefore, sortPositions, type LogPosition } from './order.js';
import type { OpenOperation, OpenOperationsPage, OpenOperationsQuery, OpenPartition } from './query.js';

/** A partition, and its state while it is folded here. */
export interface OpenSource {
  readonly partition: number;
  readonly state: () => PartitionState | undefined;
}

interface Candidate {
  readonly position: LogPosition;
  readonly entry: OperationEntry;
  readonly serviceName: string;
}

/** Operations looked at before others get their turn: about a millisecond. */
const turn = 5_000;
const longestName = 256;

/** Keeps the first `limit` candidates of the query's order, in room for twice as many. */
class Selection {
  more = false;
  readonly #query: OpenOperationsQuery;
  #kept: Candidate[] = [];
  #last: LogPosition | undefined;

  constructor(query: OpenOperationsQuery) {
    this.#query = query;
  }

  offer(position: LogPosition, candidate: Omit<Candidate, 'position'>): void {
    const { order, limit, after } = this.#query;
    if (after !== undefined && !comesBefore(order, after, position)) return;
    if (limit === 0 || (this.#last !== undefined && !comesBefore(order, position, this.#last))) {
      this.more = true;
      return;
    }
    this.#kept.push({ position, ...candidate });
    if (this.#kept.length >= 2 * limit) this.#cut();
  }

  take(): readonly Candidate[] {
    this.#cut();
    return this.#kept;
  }

  #cut(): void {
    const { order, limit } = this.#query;
    sortPositions(this.#kept, order, ({ position }) => position);
    if (this.#kept.length > limit) this.more = true;
    this.#kept = this.#kept.slice(0, limit);
    if (this.#kept.length === limit) this.#last = this.#kept.at(-1)?.position;
  }
}

const cut = (name: string | undefined): string | undefined =>
  name === undefined || name.length <= longestName
    ? name
    : `${name.slice(0, longestName - 1).toWellFormed()}…`;

const show = ({ position, entry, serviceName }: Candidate): OpenOperation => ({
  position,
  traceId: entry.traceId,
  otelTraceId: otelTraceId(sha256Hex, entry.traceId),
  spanId: entry.spanId,
  parentSpanId: entry.parentSpanId,
  serviceName,
  agentId: entry.agentId,
  kind: entry.kind,
  name: cut(entry.name),
  callId: entry.callId,
  start: entry.start,
});

const fits = (entry: OperationEntry, serviceName: string, query: OpenOperationsQuery): boolean => {
  const { service, agent, kind, receivedBy } = query;
  return (
    (service === undefined || serviceName === service) &&
    (agent === undefined || entry.agentId === agent) &&
    (kind === undefined || entry.kind === kind) &&
    (receivedBy === undefined || entry.appendTime <= receivedBy)
  );
};

/** Looks at one partition; undefined where the partition was lost before the end. */
const scanPartition = async (
  { partition, state: stateNow }: OpenSource,
  query: OpenOperationsQuery,
  selection: Selection,
): Promise<OpenPartition | undefined> => {
  const state = stateNow();
  if (state === undefined) return undefined;
  const defaults = settingsTable(state).map(({ defaultServiceName }) => defaultServiceName);
  let [total, looked] = [0, 0];
  let oldest: Millis | undefined;
  for (const { type, value: entry } of snapshotEntries(state)) {
    looked += 1;
    if (looked >= turn) {
      looked = 0;
      await setImmediate();
      if (stateNow() !== state) return undefined;
    }
    if (type !== 'operation' || entry === undefined) continue;
    const serviceName = entry.serviceName ?? defaults[entry.settings] ?? '';
    if (!fits(entry, serviceName, query)) continue;
    const { appendTime, offset } = entry;
    total += 1;
    if (oldest === undefined || appendTime < oldest) oldest = appendTime;
    selection.offer({ time: appendTime, partition, offset }, { entry, serviceName });
  }
  return { partition, total, oldest };
};

/**
 * The query's page over several partitions. Each open operation is looked at, in turns of about a millisecond, and no
 * more of them are held than two pages a partition. What opens or closes meanwhile may or may not be seen.
 *
 * @throws Error where `signal` aborts.
 */
export const scanOpenOperations = async (
  sources: readonly OpenSource[],
  query: OpenOperationsQuery,
  signal?: AbortSignal,
): Promise<OpenOperationsPage> => {
  const partitions: OpenPartition[] = [];
  const candidates: Candidate[] = [];
  let more = false;
  for (const source of sources) {
    signal?.throwIfAborted();
    const selection = new Selection(query);
    const scanned = await scanPartition(source, query, selection);
    if (scanned === undefined) continue;
    partitions.push(scanned);
    candidates.push(...selection.take());
    more ||= selection.more;
  }
  sortPositions(candidates, query.order, ({ position }) => position);
  return {
    operations: candidates.slice(0, query.limit).map(show),
    more: more || candidates.length > query.limit,
    partitions: partitions.sort((a, b) => a.partition - b.partition),
  };
};
