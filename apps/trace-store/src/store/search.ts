import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TraceSearch } from '../query/trace-query.js';
import type { TraceDatabase } from './database.js';
import { indexPosition, indexSpan, readIndexEntry } from './keys.js';
import type { IndexEntry } from './keys.js';
import { matches, mayMatch } from './matching.js';
import type { Names } from './names.js';
import { readTrace } from './trace-reader.js';

/** Entries of the index looked at before other work gets its turn. */
const chunkSize = 500;

const maxNanos = 2n ** 63n - 1n;
const clamped = (nanos: bigint): bigint => (nanos < 0n ? 0n : nanos > maxNanos ? maxNanos : nanos);

/** A search with the numbers under which the index knows its names. */
interface Plan {
  readonly search: TraceSearch;
  readonly service: number;
  /** Undefined: any. */
  readonly operations: ReadonlySet<number> | undefined;
}

const planOf = (names: Names, search: TraceSearch): Plan | undefined => {
  const service = names.findService(search.service);
  if (service === undefined || search.startMax < search.startMin) return undefined;
  if (search.operation === '') return { search, service, operations: undefined };
  const operations = names.findOperations(service, search.operation);
  return operations.size === 0 ? undefined : { search, service, operations };
};

/** What the index alone says: the trace matches, cannot match, or must be looked into. */
const judge = ({ search, operations }: Plan, entry: IndexEntry): 'match' | 'no' | 'look' => {
  if (entry.earliest > search.startMax || entry.latest < search.startMin) return 'no';
  if (search.durationMin > entry.longest) return 'no';
  if (operations !== undefined && entry.operations?.some((number) => operations.has(number)) === false) {
    return 'no';
  }
  const isPlain = search.tags.size === 0 && search.durationMin === 0n && search.durationMax === 0n;
  const isInside = entry.earliest >= search.startMin && entry.latest <= search.startMax;
  const isListed = operations === undefined || entry.operations !== undefined;
  return isPlain && isInside && isListed ? 'match' : 'look';
};

async function* entriesOf(database: TraceDatabase, plan: Plan): AsyncGenerator<readonly IndexEntry[]> {
  const { service, search } = plan;
  // An entry that begins within the range may end after it, but not by more than the index's span.
  let start = indexPosition(service, clamped(search.startMax + indexSpan));
  const end = indexPosition(service + 1, maxNanos * 2n + 1n);
  for (;;) {
    const chunk: IndexEntry[] = [];
    let last: Buffer | undefined;
    for (const { key, value } of database.index.getRange({ start, end, limit: chunkSize })) {
      const entry = readIndexEntry(key, value);
      if (entry.latest < search.startMin) break;
      chunk.push(entry);
      last = key;
    }
    if (last === undefined) return;
    yield chunk;
    if (chunk.length < chunkSize) return;
    start = Buffer.concat([last, Buffer.from([0])]);
    await nextTurn();
  }
}

const lookInto = async (database: TraceDatabase, traceId: string, search: TraceSearch): Promise<boolean> => {
  for await (const spans of readTrace(database.traces, traceId, mayMatch(search))) {
    if (spans.some((span) => matches(span, search))) return true;
  }
  return false;
};

/** Traces that one search looks at, at most, before it gives up. */
const maxLooked = 500_000;

/** Where a search stopped before its end. */
export interface SearchProgress {
  /** Set where the search looked at {@link maxLooked} traces without finding as many as it wanted. */
  gaveUp: boolean;
}

/**
 * Ids of traces, 32 hex digits each, with a span for which all of the search holds, newest first, at most `limit` of
 * them. Streams over the index and lets other work run in between.
 */
export async function* findTraceIds(
  store: { readonly database: TraceDatabase; readonly names: Names },
  search: TraceSearch,
  progress: SearchProgress,
): AsyncGenerator<string> {
  const plan = planOf(store.names, search);
  if (plan === undefined) return;
  const decided = new Set<string>();
  let found = 0;
  for await (const chunk of entriesOf(store.database, plan)) {
    for (const entry of chunk) {
      const traceId = entry.trace.toString('hex');
      const verdict = decided.has(traceId) ? 'no' : judge(plan, entry);
      if (verdict === 'no') continue;
      decided.add(traceId);
      if (verdict === 'look' && !(await lookInto(store.database, traceId, search))) continue;
      yield traceId;
      if (++found >= search.limit) return;
    }
    if (decided.size >= maxLooked) {
      progress.gaveUp = true;
      return;
    }
  }
}
