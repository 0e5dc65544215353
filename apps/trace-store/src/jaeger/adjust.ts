import { clockSkewWarnings, hostOf } from './clock-skew.js';
import type { PlacedSpan } from './clock-skew.js';
import { noSpanId, noTraceId, parentOf, sortedTags } from './model.js';
import type { JaegerSpan, Log, Process, Reference, Tag } from './model.js';

/** What spans of one trace share while they are adjusted: a process is changed once. */
interface Shared {
  /** With sorted tags. */
  readonly sorted: (process: Process) => Process;
  /** With sorted tags, and numeric addresses as text. */
  readonly addressed: (process: Process) => Process;
}

const sharedInTrace = (): Shared => ({
  sorted: shared(({ serviceName, tags }) => ({ serviceName, tags: sortedTags(tags) })),
  addressed: shared(({ serviceName, tags }) => ({
    serviceName,
    tags: sortedTags(tags.map(withTextAddress)),
  })),
});

/**
 * What Jaeger's query service does to a trace before it shows it, in its order: unique ids for the server side of a
 * shared span, sorted tags, repeats folded, clock skew told (its default never moves a time), numeric addresses as text,
 * library tags moved to the process, links to nowhere removed, the parent's reference first.
 */
export const adjustTrace = (spans: readonly JaegerSpan[]): readonly JaegerSpan[] => {
  giveServersTheirOwnIds(spans);
  const own = sharedInTrace();
  for (const span of spans) sortCollections(span, own.sorted);
  const unique = withoutRepeats(spans);
  const skewed = clockSkewWarnings(unique.map((span) => placedSpan(span)));
  unique.forEach((span, place) => finish(span, skewed.get(place), own));
  return unique;
};

const placedSpan = (span: JaegerSpan): PlacedSpan => ({
  spanId: span.spanId,
  parentId: parentOf(span),
  start: span.start,
  duration: span.duration,
  host: hostOf(span.process),
});

const finish = (span: JaegerSpan, skew: string | undefined, { addressed }: Shared): void => {
  if (skew !== undefined) span.warnings = [...span.warnings, skew];
  if (span.tags.some(({ key }) => addressKeys.has(key))) span.tags = span.tags.map(withTextAddress);
  span.process = addressed(span.process);
  moveLibraryTags(span);
  removeLinksToNowhere(span);
  putParentFirst(span);
};

/**
 * Adjusts the spans of a trace one by one, as {@link adjustTrace} adjusts them together, where no two of them have one
 * id. `skew` is what {@link clockSkewWarnings} says of the span. So a long trace need not be held decoded as a whole.
 */
export const spanAdjuster = (): ((span: JaegerSpan, skew: string | undefined) => JaegerSpan) => {
  const own = sharedInTrace();
  return (span, skew) => {
    sortCollections(span, own.sorted);
    finish(span, skew, own);
    return span;
  };
};

/** Changes each process once, so that spans that share one go on sharing it. */
const shared = (change: (process: Process) => Process): ((process: Process) => Process) => {
  const changed = new Map<Process, Process>();
  return (process) => {
    const before = changed.get(process);
    if (before !== undefined) return before;
    const after = change(process);
    changed.set(process, after);
    return after;
  };
};

const kindOf = (span: JaegerSpan): Tag['value'] | undefined =>
  span.tags.find(({ key }) => key === 'span.kind')?.value;

/** Zipkin's clients give both sides of a call one span id; the server's side then becomes a child of the client's. */
const giveServersTheirOwnIds = (spans: readonly JaegerSpan[]): void => {
  const clients = new Set(spans.filter((span) => kindOf(span) === 'client').map(({ spanId }) => spanId));
  const sharing = spans.filter((span) => clients.has(span.spanId) && kindOf(span) === 'server');
  if (sharing.length === 0) return;
  const used = new Set(spans.map(({ spanId }) => spanId));
  const renamed = new Map<string, string>();
  let last = 0n;
  for (const span of sharing) {
    let id: string;
    do id = (++last).toString(16).padStart(16, '0');
    while (used.has(id));
    renamed.set(span.spanId, id);
    replaceParent(span, span.spanId);
    span.spanId = id;
  }
  for (const span of spans) {
    const parent = renamed.get(parentOf(span));
    if (parent !== undefined && span.spanId !== parent) replaceParent(span, parent);
  }
};

const replaceParent = (span: JaegerSpan, parent: string): void => {
  const before = parentOf(span);
  const at = span.references.findIndex(
    ({ spanId, traceId }) => spanId === before && traceId === span.traceId,
  );
  const own: Reference = { type: 'CHILD_OF', traceId: span.traceId, spanId: parent };
  span.references =
    at < 0
      ? [own, ...span.references]
      : span.references.with(at, { ...span.references[at]!, spanId: parent });
};

const sortCollections = (span: JaegerSpan, sorted: (process: Process) => Process): void => {
  span.tags = sortedTags(span.tags);
  span.process = sorted(span.process);
  span.logs = span.logs.map((log): Log => ({ time: log.time, fields: sortedFields(log.fields) }));
};

/** The name of the event first, the other fields sorted. */
const sortedFields = (fields: readonly Tag[]): readonly Tag[] => {
  const at = fields.findIndex(({ key, type }) => key === 'event' && type === 'string');
  return at < 0 ? sortedTags(fields) : [fields[at]!, ...sortedTags(fields.toSpliced(at, 1))];
};

const identityOf = (span: JaegerSpan): string =>
  JSON.stringify(span, (_key, value: unknown) => {
    if (typeof value === 'bigint') return `${value}n`;
    if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('base64') };
    return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
  });

/** Folds spans that are the same in all that is shown. Only spans with one id are compared. */
const withoutRepeats = (spans: readonly JaegerSpan[]): readonly JaegerSpan[] => {
  const count = new Map<string, number>();
  for (const { spanId } of spans) count.set(spanId, (count.get(spanId) ?? 0) + 1);
  if (count.size === spans.length) return spans;
  const seen = new Set<string>();
  return spans.filter((span) => {
    if (count.get(span.spanId) === 1) return true;
    const identity = identityOf(span);
    return !seen.has(identity) && seen.add(identity);
  });
};

const addressKeys: ReadonlySet<string> = new Set(['ip', 'peer.ipv4']);

const withTextAddress = (tag: Tag): Tag => {
  if (!addressKeys.has(tag.key) || (tag.type !== 'int64' && tag.type !== 'float64')) return tag;
  const whole =
    tag.type === 'int64' ? tag.value : BigInt(Number.isFinite(tag.value) ? Math.trunc(tag.value) : 0);
  const bits = BigInt.asUintN(32, whole);
  const value = [24n, 16n, 8n, 0n].map((shift) => ((bits >> shift) & 0xffn).toString()).join('.');
  return { key: tag.key, type: 'string', value };
};

const libraryKeys: ReadonlySet<string> = new Set([
  'telemetry.sdk.language',
  'telemetry.sdk.name',
  'telemetry.sdk.version',
  'telemetry.distro.name',
  'telemetry.distro.version',
]);

const moveLibraryTags = (span: JaegerSpan): void => {
  const moved = span.tags.filter(({ key }) => libraryKeys.has(key));
  if (moved.length === 0) return;
  span.tags = span.tags.filter(({ key }) => !libraryKeys.has(key));
  span.process = { ...span.process, tags: sortedTags([...span.process.tags, ...moved]) };
};

const removeLinksToNowhere = (span: JaegerSpan): void => {
  const isNowhere = ({ traceId }: Reference): boolean => traceId === noTraceId;
  if (!span.references.some(isNowhere)) return;
  const warnings = span.references
    .filter(isNowhere)
    .map(
      ({ spanId, type }) =>
        `Invalid span reference removed {TraceID:${noSpanId} SpanID:${spanId} RefType:${type} ` +
        'XXX_NoUnkeyedLiteral:{} XXX_unrecognized:[] XXX_sizecache:0}',
    );
  span.warnings = [...span.warnings, ...warnings];
  span.references = span.references.filter((reference) => !isNowhere(reference));
};

const putParentFirst = (span: JaegerSpan): void => {
  const inTrace = ({ traceId }: Reference): boolean => traceId === span.traceId;
  let at = span.references.findIndex((reference) => inTrace(reference) && reference.type === 'CHILD_OF');
  if (at < 0) at = span.references.findIndex(inTrace);
  if (at <= 0) return;
  span.references = span.references.with(at, span.references[0]!).with(0, span.references[at]!);
};
