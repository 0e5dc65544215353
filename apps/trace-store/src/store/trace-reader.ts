import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DecodedAttribute, DecodedScope } from '@kaizen-trace/otlp';
import { decodeResource, decodeScope, decodeSpan } from '@kaizen-trace/otlp';
import { processFrom } from '../jaeger/from-otlp.js';
import type { TracePart } from '../jaeger/from-otlp.js';
import type { Process } from '../jaeger/model.js';
import { sanitizeResource, sanitizeSpan } from '../jaeger/sanitize.js';
import type { ByteMap } from './database.js';
import { part, partKey, readGroup, traceKey } from './keys.js';

/** A span as stored, with what it shares with others of its trace. */
export type StoredSpan = TracePart & SpanGroup;

/** What spans of a trace share. */
export interface SpanGroup {
  /** The sanitised resource. */
  readonly resource: readonly DecodedAttribute[];
  readonly scope: DecodedScope;
  readonly process: Process;
}

/** A span of a trace as its bytes, with what it shares with others. */
export interface EncodedStoredSpan {
  readonly bytes: Buffer;
  readonly group: SpanGroup;
}

/** Decodes a span that was read. */
export const decodeStored = ({ bytes, group }: EncodedStoredSpan): StoredSpan => ({
  ...group,
  span: sanitizeSpan(decodeSpan(bytes)),
});

/** Whether an encoded span is worth decoding. */
export type SpanFilter = (span: Buffer, group: SpanGroup) => boolean;

/** Spans read before other work gets its turn. */
const chunkSize = 500;

const groupOf = (value: Buffer): SpanGroup => {
  const { resource, scope } = readGroup(value);
  const attributes = sanitizeResource(decodeResource(resource));
  return { resource: attributes, scope: decodeScope(scope), process: processFrom(attributes) };
};

const emptyGroup: SpanGroup = {
  resource: [],
  scope: { name: '', version: '', attributes: [] },
  process: { serviceName: '', tags: [] },
};

/**
 * Reads the spans of a trace in chunks, in the order of their ids, without decoding them; nothing where it is unknown.
 * `traceId` is 32 hex digits. Spans that are deleted or come while it is read may be missing.
 */
export async function* readEncodedTrace(
  traces: ByteMap,
  traceId: string,
): AsyncGenerator<readonly EncodedStoredSpan[]> {
  const trace = traceKey(traceId);
  const groups = new Map<string, SpanGroup>();
  const groupOfSpan = (span: Buffer): SpanGroup => {
    // As the id's two halves: a key that costs little for each of many spans.
    const id = `${span.readUInt32LE(0)} ${span.readUInt32LE(4)}`;
    const known = groups.get(id);
    if (known !== undefined) return known;
    const value = traces.get(Buffer.concat([partKey(trace, part.group), span.subarray(0, 8)]));
    const group = value === undefined ? emptyGroup : groupOf(value);
    groups.set(id, group);
    return group;
  };
  const end = partKey(trace, part.span + 1);
  let start = partKey(trace, part.span);
  for (;;) {
    const chunk: EncodedStoredSpan[] = [];
    let last: Buffer | undefined;
    for (const { key, value } of traces.getRange({ start, end, limit: chunkSize })) {
      last = key;
      chunk.push({ bytes: value.subarray(8), group: groupOfSpan(value) });
    }
    if (last === undefined) return;
    yield chunk;
    if (chunk.length < chunkSize) return;
    start = Buffer.concat([last, Buffer.from([0])]);
    await nextTurn();
  }
}

/** Reads the spans of a trace as {@link readEncodedTrace} does, decoded; those that `wants` refuses are left out. */
export async function* readTrace(
  traces: ByteMap,
  traceId: string,
  wants: SpanFilter = () => true,
): AsyncGenerator<readonly StoredSpan[]> {
  for await (const chunk of readEncodedTrace(traces, traceId)) {
    const wanted = chunk.filter(({ bytes, group }) => wants(bytes, group));
    if (wanted.length > 0) yield wanted.map(decodeStored);
  }
}
