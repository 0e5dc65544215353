import type { EncodedSpan, EncodedSpanGroup } from '@kaizen-trace/otlp';
import { decodeResource } from '@kaizen-trace/otlp';
import { brokenSpanName, sanitizeResource, serviceNameOf } from '../jaeger/sanitize.js';
import { mixInto, startHash, writeHash } from './content-hash.js';
import type { ContentHash } from './content-hash.js';
import type { TraceDatabase } from './database.js';
import {
  ageKey,
  groupValue,
  indexedKey,
  indexKey,
  indexSpan,
  indexValue,
  millisValue,
  part,
  partKey,
  readMillis,
  stampMs,
} from './keys.js';
import type { Names } from './names.js';

const maxNanos = 2n ** 63n - 1n;
const nothing = Buffer.alloc(0);

/** What one commit brings of one service in one trace within one stretch of {@link indexSpan}. */
interface IndexDraft {
  readonly service: number;
  readonly trace: Buffer;
  earliest: bigint;
  latest: bigint;
  longest: bigint;
  readonly operations: Set<number>;
}

interface Commit {
  readonly database: TraceDatabase;
  readonly names: Names;
  readonly now: number;
  readonly traces: Map<string, Buffer>;
  readonly index: Map<string, IndexDraft>;
}

/**
 * Writes groups of spans with everything that finds them again. To be called inside a transaction. A span that is there
 * already, byte for byte and with the same resource and scope, is written over itself. `now` is in milliseconds.
 */
export const writeGroups = (
  store: { readonly database: TraceDatabase; readonly names: Names },
  groups: readonly EncodedSpanGroup[],
  now: number,
): void => {
  const commit: Commit = { ...store, now, traces: new Map(), index: new Map() };
  for (const group of groups) writeGroup(commit, group);
  for (const trace of commit.traces.values()) stampTrace(commit, trace);
  for (const draft of commit.index.values()) writeIndexEntry(commit, draft);
};

const serviceOf = (commit: Commit, resource: Uint8Array): number => {
  const name = serviceNameOf(sanitizeResource(decodeResource(resource)));
  return name === '' ? 0 : commit.names.numberOfService(name, commit.now);
};

const writeGroup = (commit: Commit, { resource, scope, spans }: EncodedSpanGroup): void => {
  const service = serviceOf(commit, resource);
  const hash = startHash();
  mixInto(hash, resource);
  mixInto(hash, scope);
  const groupId = Buffer.allocUnsafe(8);
  writeHash(hash, groupId, 0);
  const value = groupValue(resource, scope);
  const written = new Set<string>();
  for (const span of spans) {
    const trace = traceOf(commit, span.traceId);
    if (!written.has(span.traceId)) {
      written.add(span.traceId);
      void commit.database.traces.put(Buffer.concat([partKey(trace, part.group), groupId]), value);
    }
    writeSpan(commit, { trace, span, groupId, hash });
    // A service whose name cannot be shown cannot be searched for.
    if (service !== 0) draftIndexEntry(commit, service, span);
  }
};

const traceOf = (commit: Commit, traceId: string): Buffer => {
  const known = commit.traces.get(traceId);
  if (known !== undefined) return known;
  const trace = Buffer.from(traceId, 'latin1');
  commit.traces.set(traceId, trace);
  return trace;
};

const writeSpan = (
  commit: Commit,
  entry: {
    readonly trace: Buffer;
    readonly span: EncodedSpan;
    readonly groupId: Buffer;
    readonly hash: ContentHash;
  },
): void => {
  const { trace, span, groupId, hash } = entry;
  const key = Buffer.alloc(33);
  trace.copy(key, 0);
  key[16] = part.span;
  key.write(span.spanId, 17, 'latin1');
  const content = { ...hash };
  mixInto(content, span.bytes);
  writeHash(content, key, 25);
  const value = Buffer.allocUnsafe(8 + span.bytes.length);
  groupId.copy(value, 0);
  value.set(span.bytes, 8);
  void commit.database.traces.put(key, value);
};

/** Starts beyond the signed range wrap around in Jaeger; the index keeps them at its edge. */
const clamped = (nanos: bigint): bigint => (nanos > maxNanos ? maxNanos : nanos);

const draftIndexEntry = (commit: Commit, service: number, span: EncodedSpan): void => {
  const start = clamped(span.start);
  const end = clamped(span.end);
  const duration = end > start ? end - start : 1n;
  const key = `${span.traceId}${service} ${start / indexSpan}`;
  let draft = commit.index.get(key);
  if (draft === undefined) {
    const trace = traceOf(commit, span.traceId);
    draft = { service, trace, earliest: start, latest: start, longest: 0n, operations: new Set() };
    commit.index.set(key, draft);
  }
  if (start < draft.earliest) draft.earliest = start;
  if (start > draft.latest) draft.latest = start;
  if (duration > draft.longest) draft.longest = duration;
  const name = span.nameBroken ? brokenSpanName : span.name;
  draft.operations.add(commit.names.numberOfOperation(service, { name, kind: span.kind }, commit.now));
};

const stampTrace = ({ database, now }: Commit, trace: Buffer): void => {
  const key = partKey(trace, part.header);
  const stamped = database.traces.get(key);
  if (stamped === undefined) void database.ages.put(ageKey(now, trace), nothing);
  else if (now - readMillis(stamped, 0) < stampMs) return;
  void database.traces.put(key, millisValue(now));
};

const writeIndexEntry = ({ database }: Commit, draft: IndexDraft): void => {
  const key = indexKey(draft.service, draft.latest, draft.trace);
  const before = database.index.get(key);
  const value = indexValue(draft);
  void database.index.put(key, before === undefined ? value : mergedValue(before, draft));
  if (before === undefined) void database.traces.put(indexedKey(draft.trace, key), nothing);
};

/** Two commits may bring spans with one latest start: the entry then covers both. */
const mergedValue = (before: Buffer, draft: IndexDraft): Buffer => {
  const earliest = before.readBigUInt64BE(0);
  const longest = before.readBigUInt64BE(8);
  const operations = new Set(draft.operations);
  for (let at = 16; at < before.length; at += 4) operations.add(before.readUInt32BE(at));
  const isOpen = before.length === 16;
  const value = indexValue({
    earliest: earliest < draft.earliest ? earliest : draft.earliest,
    longest: longest > draft.longest ? longest : draft.longest,
    operations,
  });
  return isOpen ? value.subarray(0, 16) : value;
};
