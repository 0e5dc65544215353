import { compareText } from './go-format.js';

/** The types of a tag, in the order in which Jaeger sorts tags of one key. */
const tagTypes = ['string', 'bool', 'int64', 'float64', 'binary'] as const;

/** A key and a typed value. */
export type Tag =
  | { readonly key: string; readonly type: 'string'; readonly value: string }
  | { readonly key: string; readonly type: 'bool'; readonly value: boolean }
  | { readonly key: string; readonly type: 'int64'; readonly value: bigint }
  | { readonly key: string; readonly type: 'float64'; readonly value: number }
  | { readonly key: string; readonly type: 'binary'; readonly value: Uint8Array };

/** Something that happened within a span. */
export interface Log {
  /** Nanoseconds since the epoch, signed. */
  readonly time: bigint;
  readonly fields: readonly Tag[];
}

/** From a span to another, such as its parent. */
export interface Reference {
  readonly type: 'CHILD_OF' | 'FOLLOWS_FROM';
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
}

/** Who made a span: its service, and the tags of its resource. */
export interface Process {
  readonly serviceName: string;
  readonly tags: readonly Tag[];
}

/** A span in Jaeger's model. The adjusters replace its fields, never what the fields hold. */
export interface JaegerSpan {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  spanId: string;
  readonly operationName: string;
  references: readonly Reference[];
  /** Nanoseconds since the epoch, signed. */
  readonly start: bigint;
  /** Nanoseconds. */
  readonly duration: bigint;
  tags: readonly Tag[];
  logs: readonly Log[];
  process: Process;
  warnings: readonly string[];
}

/** The id of no span: where there is no parent. */
export const noSpanId = '0'.repeat(16);
/** The id of no trace. */
export const noTraceId = '0'.repeat(32);

const compareBasic = <T extends boolean | bigint | number>(left: T, right: T): number => {
  if (left === right) return 0;
  return left < right ? -1 : 1;
};

/** Jaeger's order of tags: by key, then type, then value. */
const compareTags = (left: Tag, right: Tag): number => {
  const byKey = compareText(left.key, right.key);
  if (byKey !== 0) return byKey;
  if (left.type === 'string' && right.type === 'string') return compareText(left.value, right.value);
  if (left.type === 'bool' && right.type === 'bool') return compareBasic(left.value, right.value);
  if (left.type === 'int64' && right.type === 'int64') return compareBasic(left.value, right.value);
  if (left.type === 'float64' && right.type === 'float64') return compareBasic(left.value, right.value);
  if (left.type === 'binary' && right.type === 'binary') return Buffer.compare(left.value, right.value);
  return tagTypes.indexOf(left.type) - tagTypes.indexOf(right.type);
};

/** The tags in Jaeger's order. */
export const sortedTags = (tags: readonly Tag[]): readonly Tag[] => [...tags].sort(compareTags);

/** The parent: the first CHILD_OF within the trace, else the first FOLLOWS_FROM within it, else {@link noSpanId}. */
export const parentOf = (span: JaegerSpan): string => {
  const inTrace = span.references.filter(({ traceId }) => traceId === span.traceId);
  const parent = inTrace.find(({ type }) => type === 'CHILD_OF') ?? inTrace[0];
  return parent?.spanId ?? noSpanId;
};
