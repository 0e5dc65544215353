import { decodeEvent } from '@kaizen-trace/codec';
import { toJson, type EventJson } from '@kaizen-trace/contracts';
import { splitTraceRequest } from '@kaizen-trace/otlp';
import { offset, type LogReader, type LogRecord } from '@kaizen-trace/ports';
import { letterOf, letterToJson, textOf, type LetterJson } from './letter.js';
import type { RedrivenIndex } from './redriven-index.js';

interface Bytes {
  readonly hex: string;
  /** Where they are UTF-8. */
  readonly text: string | null;
}

/** What the bytes mean, as far as can be told. */
type Decoded =
  | { readonly type: 'event'; readonly event: EventJson }
  | {
      readonly type: 'spans';
      readonly total: number;
      readonly spans: readonly {
        readonly trace_id: string;
        readonly span_id: string;
        readonly name: string;
      }[];
    }
  | { readonly type: 'json'; readonly json: unknown };

/** A whole letter: the original key, bytes and headers, and what can be told of them. */
export interface ShownLetter {
  readonly letter: LetterJson;
  readonly key: Bytes | null;
  readonly value: Bytes | null;
  readonly headers: readonly (Bytes & { readonly name: string })[];
  readonly decoded: Decoded | null;
}

const mostSpans = 100;

const show = (bytes: Uint8Array): Bytes => ({
  hex: Buffer.from(bytes).toString('hex'),
  text: textOf(bytes) ?? null,
});

const decodeSpans = (value: Uint8Array): Decoded | null => {
  const split = splitTraceRequest(value);
  if (split.type !== 'split') return null;
  const all = split.groups.flatMap(({ spans }) => spans);
  const hexOf = (id: string): string => Buffer.from(id, 'latin1').toString('hex');
  const spans = all.slice(0, mostSpans).map(({ traceId, spanId, name }) => ({
    trace_id: hexOf(traceId),
    span_id: hexOf(spanId),
    name,
  }));
  return { type: 'spans', total: split.spanCount, spans };
};

const decodeJson = (value: Uint8Array): Decoded | null => {
  try {
    return { type: 'json', json: JSON.parse(textOf(value) ?? '') as unknown };
  } catch {
    return null;
  }
};

const decode = (value: Uint8Array, stage: string | null): Decoded | null => {
  if (stage === 'export') return decodeSpans(value);
  const decoded = decodeEvent(value);
  return decoded.type === 'decoded' ? { type: 'event', event: toJson(decoded.event) } : decodeJson(value);
};

const readRecord = async (log: LogReader, partition: number, at: bigint): Promise<LogRecord | undefined> => {
  if (partition >= (await log.partitionCount())) return undefined;
  const { start, end } = await log.bounds(partition);
  if (at < start || at >= end) return undefined;
  for await (const { records } of log.scan({ partition, from: offset(at), to: offset(at + 1n) }))
    for (const record of records) if (record.offset === at) return record;
  return undefined;
};

/** The letter at an offset of the dead letters; undefined where there is none, or none any more. */
export const showLetter = async (
  { log, index }: { readonly log: LogReader; readonly index: RedrivenIndex },
  partition: number,
  at: bigint,
): Promise<ShownLetter | undefined> => {
  const record = await readRecord(log, partition, at);
  const letter = record === undefined ? undefined : letterOf(partition, record);
  if (record === undefined || letter === undefined) return undefined;
  const json = letterToJson(letter, (await index.since(partition, at)).has(at));
  return {
    letter: json,
    key: record.key === null ? null : show(record.key),
    value: record.value === null ? null : show(record.value),
    headers: record.headers.map(([name, value]) => ({ name, ...show(value) })),
    decoded: record.value === null ? null : decode(record.value, json.stage),
  };
};
