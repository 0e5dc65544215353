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
 * Reads the spans of a trace in chunks, in the order of their ids; nothing where it is unknown. `traceId` is 32 hex
 * digits. Spans that `wants` refuses are left out. Spans that are deleted or come while it is read may be missing.
 */
export async function* readTrace(
  traces: ByteMap,
  traceId: string,
  wants: SpanFilter = () => true,
): AsyncGenerator<readonly StoredSpan[]> {
  const trace = traceKey(traceId);
  const groups = new Map<string, SpanGroup>();
  const groupAt = (id: Buffer): SpanGroup => {
    const known = groups.get(id.toString('latin1'));
    if (known !== undefined) return known;
    const value = traces.get(Buffer.concat([partKey(trace, part.group), id]));
    const group = value === undefined ? emptyGroup : groupOf(value);
    groups.set(id.toString('latin1'), group);
    return group;
  };
  const end = partKey(trace, part.span + 1);
  let start = partKey(trace, part.span);
  for (;;) {
    const chunk: StoredSpan[] = [];
    let last: Buffer | undefined;
    let read = 0;
    for (const { key, value } of traces.getRange({ start, end, limit: chunkSize })) {
      last = key;
      read++;
      const group = groupAt(value.subarray(0, 8));
      const bytes = value.subarray(8);
      if (wants(bytes, group)) chunk.push({ ...group, span: sanitizeSpan(decodeSpan(bytes)) });
    }
    if (last === undefined) return;
    if (chunk.length > 0) yield chunk;
    if (read < chunkSize) return;
    start = Buffer.concat([last, Buffer.from([0])]);
    await nextTurn();
  }
}
