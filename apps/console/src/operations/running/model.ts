/** An operation that runs: its PRE is in the log, its POST is not. */
export interface OpenOperation {
  readonly partition: number;
  readonly offset: string;
  readonly trace_id: string;
  readonly otel_trace_id: string;
  readonly span_id: string;
  readonly parent_span_id: string | null;
  readonly service_name: string;
  readonly agent_id: string;
  readonly kind: string;
  readonly name: string | null;
  readonly received_at: string;
}

/** What runs now, as the gateway sends it. */
export interface OpenSnapshot {
  /** The gateway's clock. */
  readonly at: string;
  readonly operations: readonly OpenOperation[];
  readonly total: number;
  readonly complete: boolean;
  readonly missing_partitions: readonly number[];
  readonly assemblers: readonly {
    readonly url: string | null;
    readonly outcome: 'answered' | 'silent';
    readonly reason: string | null;
  }[];
}

/** An operation with those that it waits for. */
export interface OpenNode {
  readonly operation: OpenOperation;
  readonly children: readonly OpenNode[];
}

/** The open operations of one trace, as a tree. */
export interface OpenTrace {
  readonly traceId: string;
  readonly otelTraceId: string;
  readonly services: readonly string[];
  /** Since when the oldest of them runs, in milliseconds. */
  readonly since: number;
  readonly count: number;
  readonly roots: readonly OpenNode[];
}

const receivedAt = ({ received_at: at }: OpenOperation): number => Date.parse(at);

const traceOf = (operations: readonly OpenOperation[]): OpenTrace => {
  const sorted = [...operations].sort((a, b) => receivedAt(a) - receivedAt(b));
  const known = new Set(sorted.map(({ span_id: id }) => id));
  const below = Map.groupBy(sorted, ({ parent_span_id: id }) => (id !== null && known.has(id) ? id : ''));
  const seen = new Set<string>();
  // Ids come from agents: a circle must not be followed for ever.
  const nodesOf = (parent: string): OpenNode[] =>
    (below.get(parent) ?? []).flatMap((operation) => {
      if (seen.has(operation.span_id)) return [];
      seen.add(operation.span_id);
      return [{ operation, children: nodesOf(operation.span_id) }];
    });
  const roots = nodesOf('');
  const circling = sorted.filter(({ span_id: id }) => !seen.has(id));
  const [first] = sorted;
  return {
    traceId: first?.trace_id ?? '',
    otelTraceId: first?.otel_trace_id ?? '',
    services: [...new Set(sorted.map(({ service_name: name }) => name))],
    since: first === undefined ? 0 : receivedAt(first),
    count: sorted.length,
    roots: [...roots, ...circling.map((operation) => ({ operation, children: [] }))],
  };
};

/** The operations by trace, the one that has run longest first. */
export const tracesOf = (operations: readonly OpenOperation[]): readonly OpenTrace[] =>
  [...Map.groupBy(operations, ({ otel_trace_id: id }) => id).values()]
    .map(traceOf)
    .sort((a, b) => a.since - b.since);

/** By how much the gateway's clock is ahead of this machine's, in milliseconds. */
export const clockAhead = (snapshot: OpenSnapshot | undefined, heardAt: number | undefined): number =>
  snapshot === undefined || heardAt === undefined ? 0 : Date.parse(snapshot.at) - heardAt;

/** Where a kind of operation has its colour. */
export const kindClass = (kind: string): string => {
  if (kind.includes('agent') || kind.includes('specialist')) return 'kind-agent';
  if (kind.includes('tool')) return 'kind-tool';
  if (kind.includes('llm') || kind.includes('model')) return 'kind-model';
  return kind.includes('memory') ? 'kind-memory' : 'kind-other';
};
