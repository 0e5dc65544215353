import type { Micros } from '@kaizen-trace/contracts';
import type { OpenOperation, OpenOperationsPage } from './query.js';

/** An open operation as the operating API shows it. */
export interface OpenOperationJson {
  readonly partition: number;
  /** Of the PRE's record. */
  readonly offset: string;
  readonly trace_id: string;
  readonly otel_trace_id: string;
  readonly span_id: string;
  readonly parent_span_id: string | null;
  readonly service_name: string;
  readonly agent_id: string;
  readonly kind: string;
  readonly name: string | null;
  readonly call_id: string | null;
  /** When its agent says that it began. */
  readonly started_at: string;
  /** When the log took the PRE; the age counts from here. */
  readonly received_at: string;
  readonly age_ms: number;
}

/** How many operations are open in a partition, and since when. */
export interface OpenPartitionJson {
  readonly partition: number;
  readonly total: number;
  readonly oldest_received_at: string | null;
}

/** What one assembler answers. */
export interface OpenPageJson {
  readonly operations: readonly OpenOperationJson[];
  readonly more: boolean;
  readonly partitions: readonly OpenPartitionJson[];
}

const isoOfMillis = (time: number): string => new Date(time).toISOString();

/** A date-time of microseconds; the contract's timestamps end before the last one that can be shown. */
const isoOfMicros = (time: Micros): string => {
  const text = isoOfMillis(Number(time / 1000n));
  return `${text.slice(0, -1)}${String(time % 1000n).padStart(3, '0')}Z`;
};

const operationToJson = (operation: OpenOperation, now: number): OpenOperationJson => ({
  partition: operation.position.partition,
  offset: String(operation.position.offset),
  trace_id: operation.traceId,
  otel_trace_id: operation.otelTraceId,
  span_id: operation.spanId,
  parent_span_id: operation.parentSpanId ?? null,
  service_name: operation.serviceName,
  agent_id: operation.agentId,
  kind: operation.kind,
  name: operation.name ?? null,
  call_id: operation.callId ?? null,
  started_at: isoOfMicros(operation.start),
  received_at: isoOfMillis(operation.position.time),
  age_ms: Math.max(0, now - operation.position.time),
});

/** The page as JSON; ages are reckoned from `now`, in milliseconds. */
export const openPageToJson = (page: OpenOperationsPage, now: number): OpenPageJson => ({
  operations: page.operations.map((operation) => operationToJson(operation, now)),
  more: page.more,
  partitions: page.partitions.map(({ partition, total, oldest }) => ({
    partition,
    total,
    oldest_received_at: oldest === undefined ? null : isoOfMillis(oldest),
  })),
});

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const isOperation = (value: unknown): value is OpenOperationJson =>
  isObject(value) &&
  Number.isSafeInteger(value.partition) &&
  /^\d{1,19}$/.test(String(value.offset)) &&
  !Number.isNaN(Date.parse(String(value.received_at)));

const isPartition = (value: unknown): value is OpenPartitionJson =>
  isObject(value) && Number.isSafeInteger(value.partition) && Number.isSafeInteger(value.total);

/** Reads what another assembler answered; undefined where it is no such page. Only what merging needs is checked. */
export const readOpenPage = (text: string): OpenPageJson | undefined => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(value) || typeof value.more !== 'boolean') return undefined;
  const { operations, partitions, more } = value;
  if (!Array.isArray(operations) || !Array.isArray(partitions)) return undefined;
  if (!operations.every(isOperation) || !partitions.every(isPartition)) return undefined;
  return { operations, partitions, more };
};
