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
export interface StoredSpan extends TracePart {
  /** The sanitised resource. */
  readonly resource: readonly DecodedAttribute[];
}

interface Group {
  readonly resource: readonly DecodedAttribute[];
  readonly scope: DecodedScope;
  readonly process: Process;
}

/** Spans read before other work gets its turn. */
const chunkSize = 500;

const groupOf = (value: Buffer): Group => {
  const { resource, scope } = readGroup(value);
  const attributes = sanitizeResource(decodeResource(resource));
  return { resource: attributes, scope: decodeScope(scope), process: processFrom(attributes) };
};

const emptyGroup: Group = {
  resource: [],
  scope: { name: '', version: '', attributes: [] },
  process: { serviceName: '', tags: [] },
};

/**
 * Reads the spans of a trace in chunks, in the order of their ids; nothing where it is unknown. `traceId` is 32 hex
 * digits. Spans that are deleted or come while it is read may be missing.
 */
export async function* readTrace(traces: ByteMap, traceId: string): AsyncGenerator<readonly StoredSpan[]> {
  const trace = traceKey(traceId);
  const groups = new Map<string, Group>();
  const groupAt = (id: Buffer): Group => {
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
    for (const { key, value } of traces.getRange({ start, end, limit: chunkSize })) {
      const { resource, scope, process } = groupAt(value.subarray(0, 8));
      chunk.push({ resource, scope, process, span: sanitizeSpan(decodeSpan(value.subarray(8))) });
      last = key;
    }
    if (last === undefined) return;
    yield chunk;
    if (chunk.length < chunkSize) return;
    start = Buffer.concat([last, Buffer.from([0])]);
    await nextTurn();
  }
}
