import { hash } from 'node:crypto';
import type { SpanRecord } from '@kaizen-trace/contracts';
import { decodeResource, encodeSpan, encodeSpans, splitTraceRequest } from '@kaizen-trace/otlp';
import type { LogRecord } from '@kaizen-trace/ports';
import type { LiveSpan } from './span-matcher.js';

const digest = (bytes: Uint8Array): string => hash('sha256', bytes, 'base64url').slice(0, 22);

/** Resource and scope of a service's spans, as one hash; a few hundred services are remembered. */
const createHeadDigests = (): ((span: SpanRecord) => string) => {
  const known = new Map<string, string>();
  return (span) => {
    const found = known.get(span.serviceName);
    if (found !== undefined) return found;
    const split = splitTraceRequest(encodeSpans([span]));
    const group = split.type === 'split' ? split.groups[0] : undefined;
    if (group === undefined) throw new Error('a span of ours does not encode to one request');
    const made = digest(Buffer.concat([group.resource, group.scope]));
    if (known.size >= 500) known.clear();
    known.set(span.serviceName, made);
    return made;
  };
};

/** Everything that the topic would hold of the span, as a hash. */
export const createSpanDigest = (): ((span: SpanRecord) => string) => {
  const head = createHeadDigests();
  return (span) => head(span) + digest(encodeSpan(span));
};

const serviceOf = (resource: Uint8Array): string => {
  const found = decodeResource(resource).find(({ key }) => key.text === 'service.name');
  return found?.value.type === 'string' ? found.value.text : '';
};

const hex = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('hex');

/** The spans of one message of the span topic with their services. @throws Error where it is no OTLP request. */
export function* spansOfMessage(
  message: LogRecord,
): Generator<{ readonly span: LiveSpan; readonly serviceName: string }> {
  const split = splitTraceRequest(message.value ?? new Uint8Array(0));
  if (split.type === 'malformed') {
    throw new Error(`the span message at offset ${message.offset} is no OTLP request: ${split.reason}`);
  }
  for (const { resource, scope, spans } of split.groups) {
    const head = digest(Buffer.concat([resource, scope]));
    const serviceName = serviceOf(resource);
    for (const { bytes, traceId, spanId, name } of spans) {
      const ids = { key: traceId + spanId, traceId: hex(traceId), spanId: hex(spanId), name };
      const place = { spanOffset: message.offset, time: message.appendTime };
      yield { serviceName, span: { ...ids, ...place, hash: head + digest(bytes) } };
    }
  }
}

/** The key that {@link spansOfMessage} gives to the same span. */
export const spanKey = ({ traceId, spanId }: Pick<SpanRecord, 'traceId' | 'spanId'>): string =>
  Buffer.from(traceId + spanId, 'hex').toString('latin1');
