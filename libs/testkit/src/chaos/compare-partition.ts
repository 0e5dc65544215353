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
import type { LeftState } from './read-state.js';

/** What was found of one partition. */
export interface PartitionFindings {
  readonly records: number;
  readonly ticks: number;
  readonly spans: number;
  /** In the fold, not on the topic. */
  readonly lost: readonly string[];
  /** On the topic more often than in the fold. */
  readonly twice: readonly string[];
  /** On both, with other bytes. */
  readonly different: readonly string[];
  /** Given more than once by the fold itself: an event was repeated after its trace had been forgotten. */
  readonly refolded: readonly string[];
  /** On the topic, not in the fold. */
  readonly extra: readonly string[];
  /** Counters of the partition's record that are not the fold's, or do not add up. */
  readonly counters: readonly string[];
  /** Entries of the state that the fold does not have or that it lacks; positions that do not agree. */
  readonly state: readonly string[];
}

export interface CompareContext {
  readonly log: LogConnection;
  readonly owner: StateOwner;
  /** What the next owner of the partition would begin with. */
  readonly left: LeftState | undefined;
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
  /** Digests by span: one each, unless the fold itself repeats one. */
  readonly spans: ReadonlyMap<string, string[]>;
  readonly records: number;
  readonly ticks: number;
}

const known = (spans: Map<string, string[]>, key: string): string[] => {
  const digests = spans.get(key) ?? [];
  spans.set(key, digests);
  return digests;
};

const foldAfresh = async (
  { log, owner, seen }: CompareContext,
  partition: number,
  record: PartitionRecord,
): Promise<Folded> => {
  const settings = record.settings ?? record.settingsTable.at(-1);
  if (settings === undefined) throw new Error(`partition ${partition}: its record names no settings`);
  const refold = openRefold(settings, { topic: owner.topic, partition });
  const spans = new Map<string, string[]>();
  let records = 0;
  let ticks = 0;
  for await (const read of recordsOf(log.events, partition)) {
    records += 1;
    if (isTick(read)) ticks += 1;
    const decoded = read.value === null || read.value.length === 0 ? undefined : decodeEvent(read.value);
    if (decoded?.type === 'decoded') seen(eventKey(decoded.event));
    for (const span of refold.fold(read)) {
      for (const { traceId, spanId, digest } of spansOf(encodeSpans([span])))
        known(spans, `${traceId} ${spanId}`).push(digest);
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

/** Whose entry it is and what it holds, as far as its key says: `t:TRACE`, `o:OFFSET:TRACE`, `h:OFFSET:TRACE`. */
const keysOf = (refold: Refold): ReadonlySet<string> => {
  const keys = new Set<string>();
  for (const traceId of refold.traces()) keys.add(`t:${traceId}`);
  for (const { type, offset, traceId } of refold.unfinished())
    keys.add(`${type === 'operation' ? 'o' : 'h'}:${offset}:${traceId}`);
  return keys;
};

const compareState = (
  left: LeftState | undefined,
  record: PartitionRecord,
  refold: Refold,
): readonly string[] => {
  if (left === undefined) return ['the state could not be read'];
  const expected = keysOf(refold);
  const wrong = [...expected].filter((key) => !left.keys.has(key)).map((key) => `${key} is missing`);
  wrong.push(...[...left.keys].filter((key) => !expected.has(key)).map((key) => `${key} should be gone`));
  if (left.committedOffset !== record.nextOffset)
    wrong.push(`the group stands at ${left.committedOffset ?? 'nothing'}, the state at ${record.nextOffset}`);
  return wrong;
};

const none: PartitionFindings = {
  records: 0,
  ticks: 0,
  spans: 0,
  lost: [],
  twice: [],
  different: [],
  refolded: [],
  extra: [],
  counters: [],
  state: [],
};

/**
 * Folds one partition of the log afresh and compares: what stands on the span topic, read committed, the state and
 * its counters. To be called when the pipeline is at rest.
 */
export const comparePartition = async (
  context: CompareContext,
  partition: number,
): Promise<PartitionFindings> => {
  const { log, owner, exported, left } = context;
  const record = await readPartitionRecord(log.state({ group: owner.group }), partition, owner);
  if (record === undefined) {
    const { start, end } = await log.events.bounds(partition);
    return end > start ? { ...none, counters: ['the state has no record of the partition'] } : none;
  }
  const { refold, spans: expected, records, ticks } = await foldAfresh(context, partition, record);
  const refolded = [...expected].filter(([, digests]) => digests.length > 1).map(([key]) => key);
  const found = new Set<string>();
  const twice: string[] = [];
  const different: string[] = [];
  const extra: string[] = [];
  for await (const message of recordsOf(log.spans({ group: 'onlooker' }), partition)) {
    for (const { traceId, spanId, digest } of spansOf(message.value ?? new Uint8Array(0))) {
      const key = `${traceId} ${spanId}`;
      if (!found.has(key)) exported(traceId, spanId);
      found.add(key);
      const wanted = expected.get(key);
      if (wanted === undefined) extra.push(key);
      else if (wanted.length === 0) twice.push(key);
      else {
        const place = wanted.indexOf(digest);
        if (place < 0) different.push(key);
        wanted.splice(Math.max(place, 0), 1);
      }
    }
  }
  const lost = [...expected].flatMap(([key, digests]) => digests.map(() => key));
  const counters = compareCounters(record, refold);
  const state = compareState(left, record, refold);
  return { records, ticks, spans: found.size, lost, twice, different, refolded, extra, counters, state };
};
