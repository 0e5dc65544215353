import type { JaegerSpan, JaegerTag, TraceFrame } from '../data/jaeger.js';
import { buildColumns, collect } from '../data/trace-builder.js';
import type { Collected } from '../data/trace-builder.js';
import type { TraceColumns } from '../data/columns.js';

/** What a span of a test says; the rest is the same for all. */
export interface SpanText {
  readonly id: string;
  readonly parent?: string;
  readonly name?: string;
  readonly start?: number;
  readonly duration?: number;
  readonly tags?: Readonly<Record<string, string | number | boolean>>;
}

const traceID = 'a'.repeat(32);

const tagOf = ([key, value]: readonly [string, string | number | boolean]): JaegerTag => ({
  key,
  type: typeof value === 'string' ? 'string' : 'bool',
  value,
});

/** A span as the query API gives it. */
export const span = ({
  id,
  parent,
  name = id,
  start = 0,
  duration = 10,
  tags = {},
}: SpanText): JaegerSpan => ({
  traceID,
  spanID: id,
  operationName: name,
  references: parent === undefined ? [] : [{ refType: 'CHILD_OF', traceID, spanID: parent }],
  startTime: start,
  duration,
  tags: Object.entries(tags).map(tagOf),
  logs: [],
  processID: 'p1',
  warnings: null,
});

/** A pre_X and its post_X, as layout `events` gives them. */
export const pair = (
  operation: SpanText & { readonly kind: string; readonly post?: SpanText['tags'] },
): JaegerSpan[] => {
  const { id, kind, post = {}, tags = {} } = operation;
  return [
    span({ ...operation, name: `pre_${kind}`, tags: { event_type: `pre_${kind.split(':')[0]!}`, ...tags } }),
    span({
      ...operation,
      id: `${id}+`,
      parent: id,
      name: `post_${kind}`,
      tags: { event_type: `post_${kind.split(':')[0]!}`, ...tags, ...post },
    }),
  ];
};

/** The frame around the spans of a test. */
export const frame: TraceFrame = {
  traceID,
  processes: { p1: { serviceName: 'service', tags: [] } },
  warnings: null,
};

/** The columns of spans. */
export const columnsOf = (spans: readonly JaegerSpan[]): TraceColumns => {
  const collected: Collected = { spans: [], facts: [] };
  collect(collected, spans);
  return buildColumns(collected, frame).columns;
};
