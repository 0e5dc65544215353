import {
  eventually,
  type JaegerQuery,
  type JaegerSpan,
  type JaegerTag,
  type JaegerTrace,
} from '@kaizen-trace/testkit';

/** A span as a person could compare it: without what Jaeger leaves unordered or numbers anew in each answer. */
export interface ComparableSpan {
  readonly id: string;
  readonly name: string;
  readonly parents: readonly string[];
  readonly start: number;
  readonly duration: number;
  readonly service: string | undefined;
  readonly tags: readonly string[];
  readonly logs: readonly string[];
  readonly warnings: readonly string[];
}

const shown = (tags: readonly JaegerTag[]): readonly string[] =>
  tags.map(({ key, type, value }) => `${key}=${JSON.stringify(value)}:${type}`).sort();

const comparable = (trace: JaegerTrace, span: JaegerSpan): ComparableSpan => ({
  id: span.spanID,
  name: span.operationName,
  parents: span.references.map(({ refType, spanID }) => `${refType} ${spanID}`),
  start: span.startTime,
  duration: span.duration,
  service: trace.processes[span.processID]?.serviceName,
  tags: shown(span.tags),
  logs: span.logs.map(({ timestamp, fields }) => `${timestamp} ${shown(fields).join(' ')}`).sort(),
  warnings: span.warnings ?? [],
});

/** The spans of a trace in the order of their ids; none where the trace is unknown. */
export const spansOf = async (query: JaegerQuery, traceId: string): Promise<readonly ComparableSpan[]> => {
  const trace = await query.trace(traceId);
  if (trace === undefined) return [];
  return trace.spans.map((span) => comparable(trace, span)).sort((a, b) => (a.id < b.id ? -1 : 1));
};

/** The same for several traces, once each has as many spans as are expected; fails after a minute. */
export const tracesOf = async (
  query: JaegerQuery,
  expected: ReadonlyMap<string, number>,
): Promise<Readonly<Record<string, readonly ComparableSpan[]>>> => {
  const found: Record<string, readonly ComparableSpan[]> = {};
  let missing: readonly string[] = [];
  const allThere = async (): Promise<boolean> => {
    for (const id of expected.keys()) found[id] = await spansOf(query, id);
    missing = [...expected]
      .map(([id, count]) => ({ id, count, there: found[id]?.length ?? 0 }))
      .filter(({ count, there }) => there < count)
      .map(({ id, count, there }) => `${id}: ${there} of ${count}`);
    return missing.length === 0;
  };
  await eventually('all spans are there', 60_000, allThere).catch((cause: unknown) => {
    throw new Error(`spans are missing after a minute:\n${missing.join('\n')}`, { cause });
  });
  return found;
};
