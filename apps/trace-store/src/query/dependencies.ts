import type { StoredSpan } from '../store/trace-reader.js';
import { serviceNameOf } from '../jaeger/sanitize.js';
import type { TraceStore } from '../store/trace-store.js';
import type { DependencyQuery } from './trace-query.js';

/** Calls from one service to another, as Jaeger counts them: spans whose parent is a span of the other. */
export interface DependencyLink {
  readonly parent: string;
  readonly child: string;
  readonly callCount: number;
}

interface Traced {
  readonly serviceOf: Map<string, string>;
  readonly calls: { readonly parentSpanId: string; readonly child: string }[];
  start: bigint;
  end: bigint;
}

const addSpan = (traced: Traced, { span, resource }: StoredSpan): void => {
  const service = serviceNameOf(resource);
  traced.serviceOf.set(span.spanId, service);
  if (span.parentSpanId !== '') traced.calls.push({ parentSpanId: span.parentSpanId, child: service });
  if (span.start < traced.start) traced.start = span.start;
  if (span.end > traced.end) traced.end = span.end;
};

const readTraced = async (store: TraceStore, traceId: string, maxSpans: number): Promise<Traced> => {
  const far = 2n ** 63n;
  const traced: Traced = { serviceOf: new Map(), calls: [], start: far, end: -far };
  for await (const spans of store.read(traceId)) {
    for (const span of spans) addSpan(traced, span);
    if (traced.serviceOf.size >= maxSpans) break;
  }
  return traced;
};

const traceIdsOf = async (store: TraceStore, query: DependencyQuery, limit: number): Promise<Set<string>> => {
  const found = new Set<string>();
  for (const service of store.services()) {
    const search = {
      service,
      operation: '',
      tags: new Map<string, string>(),
      startMin: query.from,
      startMax: query.to,
      durationMin: 0n,
      durationMax: 0n,
      limit,
    };
    for await (const id of store.search(search)) found.add(id);
  }
  return found;
};

/** Counts calls in traces that lie wholly within the time asked for: the newest `maxSearchTraces` of each service. */
export const countCalls = async (
  store: TraceStore,
  query: DependencyQuery,
  limits: { readonly maxSearchTraces: number; readonly maxTraceSpans: number },
): Promise<readonly DependencyLink[]> => {
  const links = new Map<string, { parent: string; child: string; callCount: number }>();
  for (const id of await traceIdsOf(store, query, limits.maxSearchTraces)) {
    const { serviceOf, calls, start, end } = await readTraced(store, id, limits.maxTraceSpans);
    if (start <= query.from || end >= query.to) continue;
    for (const { parentSpanId, child } of calls) {
      const parent = serviceOf.get(parentSpanId);
      if (parent === undefined) continue;
      const key = JSON.stringify([parent, child]);
      const link = links.get(key) ?? { parent, child, callCount: 0 };
      link.callCount++;
      links.set(key, link);
    }
  }
  const all = [...links.values()];
  if (query.service === '') return all;
  return all.filter(({ parent, child }) => parent === query.service || child === query.service);
};
