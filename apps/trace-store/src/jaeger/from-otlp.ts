import { unreachable } from '@kaizen-trace/contracts';
import type { DecodedAttribute, DecodedEvent, DecodedLink, DecodedScope } from '@kaizen-trace/otlp';
import { valueAsText } from './go-format.js';
import { noSpanId, noTraceId } from './model.js';
import type { JaegerSpan, Log, Process, Reference, Tag } from './model.js';
import { serviceNameKey, serviceNameOf, warningsKey, warningsOf } from './sanitize.js';
import type { SanitizedSpan } from './sanitize.js';

const stringTag = (key: string, value: string): Tag => ({ key, type: 'string', value });

const tagFrom = ({ key, value }: DecodedAttribute): Tag => {
  switch (value.type) {
    case 'string':
      return stringTag(key.text, value.text);
    case 'bool':
      return { key: key.text, type: 'bool', value: value.value };
    case 'int':
      return { key: key.text, type: 'int64', value: value.value };
    case 'double':
      return { key: key.text, type: 'float64', value: value.value };
    case 'bytes':
      return { key: key.text, type: 'binary', value: value.value };
    case 'empty':
    case 'array':
    case 'map':
      return stringTag(key.text, valueAsText(value));
    default:
      return unreachable(value);
  }
};

/** The process of a sanitised resource: its service name, and what else it says as tags. */
export const processFrom = (resource: readonly DecodedAttribute[]): Process => ({
  serviceName: serviceNameOf(resource),
  tags: resource.filter(({ key }) => key.text !== serviceNameKey).map(tagFrom),
});

const kinds = [undefined, 'internal', 'server', 'client', 'producer', 'consumer'] as const;

/** Jaeger's word for an OTLP span kind; empty where the kind is unspecified or unknown. */
export const kindName = (kind: number): string => kinds[kind] ?? '';

const statusUnset = 0;
const statusOk = 1;
const statusError = 2;

const statusTags = (span: SanitizedSpan): readonly Tag[] => {
  const tags: Tag[] = [];
  if (span.statusCode === statusOk) tags.push(stringTag('otel.status_code', 'OK'));
  if (span.statusCode === statusError) {
    tags.push(stringTag('otel.status_code', 'ERROR'), { key: 'error', type: 'bool', value: true });
  }
  if (span.statusMessage !== '') tags.push(stringTag('otel.status_description', span.statusMessage));
  return tags;
};

const tagsOf = (span: SanitizedSpan, scope: DecodedScope): readonly Tag[] => {
  const tags: Tag[] = [];
  if (scope.name !== '') tags.push(stringTag('otel.scope.name', scope.name));
  if (scope.version !== '') tags.push(stringTag('otel.scope.version', scope.version));
  for (const attribute of span.attributes) tags.push(tagFrom(attribute));
  const kind = kindName(span.kind);
  if (kind !== '') tags.push(stringTag('span.kind', kind));
  tags.push(...statusTags(span));
  if (span.traceState !== '') tags.push(stringTag('w3c.tracestate', span.traceState));
  return tags;
};

const logFrom = (event: DecodedEvent): Log => {
  const named = event.name !== '' && !event.attributes.some(({ key }) => key.text === 'event');
  const fields = event.attributes.map(tagFrom);
  return {
    time: BigInt.asIntN(64, event.time),
    fields: named ? [stringTag('event', event.name), ...fields] : fields,
  };
};

const referenceFrom = (link: DecodedLink): Reference => {
  const type = link.attributes.find(({ key }) => key.text === 'opentracing.ref_type')?.value;
  return {
    type: type?.type === 'string' && type.text === 'child_of' ? 'CHILD_OF' : 'FOLLOWS_FROM',
    traceId: link.traceId === '' ? noTraceId : link.traceId,
    spanId: link.spanId === '' ? noSpanId : link.spanId,
  };
};

/** The parent comes first; a link to the parent gives it its type instead of standing twice. */
const referencesOf = (span: SanitizedSpan, traceId: string): readonly Reference[] => {
  const links = span.links.map(referenceFrom);
  if (span.parentSpanId === '' || span.parentSpanId === noSpanId) return links;
  const isParent = (link: Reference): boolean =>
    link.traceId === traceId && link.spanId === span.parentSpanId;
  const type = links.findLast(isParent)?.type ?? 'CHILD_OF';
  return [{ type, traceId, spanId: span.parentSpanId }, ...links.filter((link) => !isParent(link))];
};

/** One span of a trace with what it shares with others. */
export interface TracePart {
  readonly span: SanitizedSpan;
  readonly scope: DecodedScope;
  readonly process: Process;
}

const spanFrom = ({ span, scope, process }: TracePart): JaegerSpan => {
  const traceId = span.traceId === '' ? noTraceId : span.traceId;
  return {
    traceId,
    spanId: span.spanId === '' ? noSpanId : span.spanId,
    operationName: span.name,
    references: referencesOf(span, traceId),
    start: span.start,
    duration: span.end - span.start,
    tags: tagsOf(span, scope),
    logs: span.events.map(logFrom),
    process,
    warnings: [],
  };
};

const withoutWarningsTag = (span: JaegerSpan, warnings: readonly string[]): void => {
  span.warnings = [...span.warnings, ...warnings];
  span.tags = span.tags.filter(({ key }) => key !== warningsKey);
};

/** A span in Jaeger's model, before any adjuster; that of a trace in which no other has its id. */
export const jaegerSpanFrom = (part: TracePart): JaegerSpan => {
  const span = spanFrom(part);
  const warnings = warningsOf(part.span.attributes);
  if (warnings.length > 0) withoutWarningsTag(span, warnings);
  return span;
};

/** The spans of one trace in Jaeger's model, before any adjuster, in the given order. */
export const jaegerSpansFrom = (parts: readonly TracePart[]): JaegerSpan[] => {
  const spans = parts.map(spanFrom);
  const bySpanId = new Map(spans.map((span) => [span.spanId, span]));
  parts.forEach(({ span }, index) => {
    const warnings = warningsOf(span.attributes);
    // As in Jaeger, of several spans with one id the last takes the warnings of all.
    if (warnings.length > 0) withoutWarningsTag(bySpanId.get(spans[index]!.spanId)!, warnings);
  });
  return spans;
};

export { statusUnset, statusOk, statusError };
