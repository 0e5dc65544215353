import { hash } from 'node:crypto';
import { countNames, unaccountedEvents } from '@kaizen-trace/assembler-core';
import {
  openRefold,
  readPartitionRecord,
  type PartitionRecord,
  type Refold,
  type StateOwner,
} from '@kaizen-trace/assembler-runtime';
import { decodeEvent } from '@kaizen-trace/codec';
import { encodeSpans, splitTraceRequest } from '@kaizen-trace/otlp';
import { isTick, type LogConnection, type LogReader, type LogRecord } from '@kaizen-trace/ports';
import { eventKey } from './load.js';

/** What was found of one partition. */
export interface PartitionFindings {
  readonly records: number;
  readonly ticks: number;
  readonly spans: number;
  /** In the fold, not on the topic. */
  readonly lost: readonly string[];
  /** On the topic more than once. */
  readonly twice: readonly string[];
  /** On both, with other bytes. */
  readonly different: readonly string[];
  /** On the topic, not in the fold. */
  readonly extra: readonly string[];
  /** Counters of the partition's record that are not the fold's, or do not add up. */
  readonly counters: readonly string[];
}

export interface CompareContext {
  readonly log: LogConnection;
  readonly owner: StateOwner;
  /** Called with the key of every event in the log. */
  readonly seen: (eventKey: string) => void;
  /** Called with the ids of every span on the topic, as Jaeger shows them. */
  readonly exported: (traceId: string, spanId: string) => void;
}

const hex = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('hex');

interface Found {
  readonly traceId: string;
  readonly spanId: string;
  readonly digest: string;
}

/** The spans of an OTLP request; the digest covers all that a backend sees of each: resource, scope and span. */
function* spansOf(request: Uint8Array): Generator<Found> {
  const split = splitTraceRequest(request);
  if (split.type === 'malformed')
    throw new Error(`a message of the span topic is no OTLP request: ${split.reason}`);
  for (const { resource, scope, spans } of split.groups) {
    for (const { bytes, traceId, spanId } of spans) {
      const digest = hash('sha256', Buffer.concat([resource, scope, bytes]), 'base64url');
      yield { traceId: hex(traceId), spanId: hex(spanId), digest };
    }
  }
}

async function* recordsOf(reader: LogReader, partition: number): AsyncGenerator<LogRecord> {
  const { start: from, end: to } = await reader.bounds(partition);
  for await (const { records } of reader.scan({ partition, from, to })) yield* records;
}

interface Folded {
  readonly refold: Refold;
  /** Digests by span. */
  readonly spans: ReadonlyMap<string, string>;
  readonly records: number;
  readonly ticks: number;
}

const foldAfresh = async (
  { log, owner, seen }: CompareContext,
  partition: number,
  record: PartitionRecord,
): Promise<Folded> => {
  const settings = record.settings ?? record.settingsTable.at(-1);
  if (settings === undefined) throw new Error(`partition ${partition}: its record names no settings`);
  const refold = openRefold(settings, { topic: owner.topic, partition });
  const spans = new Map<string, string>();
  let records = 0;
  let ticks = 0;
  for await (const read of recordsOf(log.events, partition)) {
    records += 1;
    if (isTick(read)) ticks += 1;
    const decoded = read.value === null || read.value.length === 0 ? undefined : decodeEvent(read.value);
    if (decoded?.type === 'decoded') seen(eventKey(decoded.event));
    for (const span of refold.fold(read)) {
      for (const { traceId, spanId, digest } of spansOf(encodeSpans([span])))
        spans.set(`${traceId} ${spanId}`, digest);
    }
  }
  return { refold, spans, records, ticks };
};

const compareCounters = (record: PartitionRecord, refold: Refold): readonly string[] => {
  const counts = refold.counts();
  const wrong = countNames
    .filter((name) => counts[name] !== record.counts[name])
    .map((name) => `${name}: ${record.counts[name]} in the state, ${counts[name]} in the fold`);
  const unaccounted = unaccountedEvents(record.counts);
  if (unaccounted !== 0) wrong.push(`${unaccounted} events unaccounted for`);
  if (record.streamTime !== refold.streamTime())
    wrong.push(`stream time ${record.streamTime} in the state, ${refold.streamTime()} in the fold`);
  return wrong;
};

/**
 * Folds one partition of the log afresh and compares: what stands on the span topic, read committed, and the counters
 * of its state. To be called when the pipeline is at rest.
 */
export const comparePartition = async (
  context: CompareContext,
  partition: number,
): Promise<PartitionFindings> => {
  const { log, owner, exported } = context;
  const none = {
    records: 0,
    ticks: 0,
    spans: 0,
    lost: [],
    twice: [],
    different: [],
    extra: [],
    counters: [],
  };
  const record = await readPartitionRecord(log.state({ group: owner.group }), partition, owner);
  if (record === undefined) {
    const { start, end } = await log.events.bounds(partition);
    return end > start ? { ...none, counters: ['the state has no record of the partition'] } : none;
  }
  const { refold, spans: expected, records, ticks } = await foldAfresh(context, partition, record);
  const found = new Map<string, string>();
  const twice: string[] = [];
  const different: string[] = [];
  const extra: string[] = [];
  for await (const message of recordsOf(log.spans({ group: 'onlooker' }), partition)) {
    for (const { traceId, spanId, digest } of spansOf(message.value ?? new Uint8Array(0))) {
      const key = `${traceId} ${spanId}`;
      if (found.has(key)) twice.push(key);
      else exported(traceId, spanId);
      found.set(key, digest);
      const wanted = expected.get(key);
      if (wanted === undefined) extra.push(key);
      else if (wanted !== digest) different.push(key);
    }
  }
  const lost = [...expected.keys()].filter((key) => !found.has(key));
  const counters = compareCounters(record, refold);
  return { records, ticks, spans: found.size, lost, twice, different, extra, counters };
};
