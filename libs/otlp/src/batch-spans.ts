import type { Attribute, SpanRecord } from '@kaizen-trace/contracts';
import { spanScope } from '@kaizen-trace/contracts';
import { BackwardWriter } from './backward-writer.js';
import { closeMessage, writeAttributes, writeSpan } from './encode-span.js';

// collector/trace/v1: ExportTraceServiceRequest  1 resource_spans
//   ResourceSpans  1 resource  2 scope_spans;  Resource  1 attributes
//   ScopeSpans     1 scope  2 spans;           InstrumentationScope  1 name  2 version

/** What the topic takes by default with room to spare: `max.message.bytes` is 1 MiB and limits the whole batch. */
const defaultMaxBytes = 512 * 1024;
const initialBuffer = 64 * 1024;
const keptBuffer = 2 * 1024 * 1024;
/** Tags and lengths around a resource's and a scope's messages, each at its longest. */
const groupOverhead = 12;

/**
 * Collects spans and cuts them into OTLP requests. Reuses one buffer, so one batcher serves one caller at a time. What waits is
 * bounded by the caller, who takes when `pendingBytes` says so.
 */
export interface SpanBatcher {
  /** Encodes the span at once; the record is not kept. */
  add(span: SpanRecord): void;
  /**
   * Everything added since the last call as `ExportTraceServiceRequest`s of at most `maxBytes` each, in order of adding; a
   * span that is larger on its own stands alone in its request. Within a request spans are grouped by service, in order.
   */
  take(): Uint8Array[];
  /** Encoded bytes that wait for `take`, without those of resources and scopes. */
  readonly pendingBytes: number;
  readonly pendingSpans: number;
}

/** Where an encoded span lies in the writer: `end` is what the writer had written after it. */
interface EncodedSpan {
  readonly serviceName: string;
  readonly end: number;
  readonly length: number;
}

interface ServiceGroup {
  readonly resource: Uint8Array;
  readonly spans: EncodedSpan[];
  bytes: number;
}

/** How requests are made. */
export interface SpanBatcherOptions {
  /** The limit of one request, 512 KiB unless told. */
  readonly maxBytes?: number;
  /** What every resource has after its `service.name`; nothing unless told. */
  readonly resourceAttributes?: readonly Attribute[];
}

/** Opens a batcher. */
export const createSpanBatcher = ({
  maxBytes = defaultMaxBytes,
  resourceAttributes = [],
}: SpanBatcherOptions = {}): SpanBatcher => {
  const out = new BackwardWriter(initialBuffer);
  const extraBytes = resourceAttributes.length === 0 ? 0 : encodeResource('', resourceAttributes).length;
  let pending: EncodedSpan[] = [];

  const take = (): Uint8Array[] => {
    const messages: Uint8Array[] = [];
    let groups = new Map<string, ServiceGroup>();
    let size = 0;
    for (const span of pending) {
      let added = addedBytes(groups, span, extraBytes);
      if (size > 0 && size + added > maxBytes) {
        messages.push(joinGroups(out, groups));
        groups = new Map();
        size = 0;
        added = addedBytes(groups, span, extraBytes);
      }
      addToGroup(groups, span, resourceAttributes);
      size += added;
    }
    if (groups.size > 0) messages.push(joinGroups(out, groups));
    pending = [];
    out.reset(keptBuffer);
    return messages;
  };

  return {
    add(span) {
      const mark = out.written;
      writeSpan(out, span);
      closeMessage(out, 0x12, mark);
      pending.push({ serviceName: span.serviceName, end: out.written, length: out.written - mark });
    },
    take,
    get pendingBytes() {
      return out.written;
    },
    get pendingSpans() {
      return pending.length;
    },
  };
};

/** One `ExportTraceServiceRequest` of all the spans, grouped by service; no bytes where there are no spans. */
export const encodeSpans = (spans: readonly SpanRecord[]): Uint8Array => {
  for (const span of spans) unlimited.add(span);
  return unlimited.take()[0] ?? new Uint8Array(0);
};

/** The Span message alone. Equal records give equal bytes. */
export const encodeSpan = (span: SpanRecord): Uint8Array => {
  scratch.reset(keptBuffer);
  writeSpan(scratch, span);
  return copyOf(scratch);
};

const unlimited = createSpanBatcher({ maxBytes: Number.POSITIVE_INFINITY });
const scratch = new BackwardWriter(4096);

const copyOf = (out: BackwardWriter): Uint8Array => {
  const copy = new Uint8Array(out.written);
  out.copyTo(copy, 0, { end: out.written, length: out.written });
  return copy;
};

const encodeScope = (): Uint8Array => {
  const out = new BackwardWriter(64);
  out.text(spanScope.version);
  out.byte(0x12);
  out.text(spanScope.name);
  out.byte(0x0a);
  closeMessage(out, 0x0a, 0);
  return copyOf(out);
};

const scopeField = encodeScope();

const encodeResource = (serviceName: string, others: readonly Attribute[]): Uint8Array => {
  scratch.reset(keptBuffer);
  writeAttributes(scratch, 0x0a, [['service.name', serviceName], ...others]);
  closeMessage(scratch, 0x0a, 0);
  return copyOf(scratch);
};

/** An upper bound of what `span` adds to a request of these groups. */
const addedBytes = (
  groups: ReadonlyMap<string, ServiceGroup>,
  span: EncodedSpan,
  extraBytes: number,
): number => {
  if (groups.has(span.serviceName)) return span.length;
  // Three bytes a UTF-16 unit at most, and the tags, lengths and key of the resource's one attribute.
  return span.length + span.serviceName.length * 3 + 64 + extraBytes + scopeField.length + groupOverhead;
};

const addToGroup = (
  groups: Map<string, ServiceGroup>,
  span: EncodedSpan,
  resourceAttributes: readonly Attribute[],
): void => {
  const group = groups.get(span.serviceName);
  if (group === undefined) {
    groups.set(span.serviceName, {
      resource: encodeResource(span.serviceName, resourceAttributes),
      spans: [span],
      bytes: span.length,
    });
  } else {
    group.spans.push(span);
    group.bytes += span.length;
  }
};

/** One request, written forwards: every length is known by now. */
const joinGroups = (out: BackwardWriter, groups: ReadonlyMap<string, ServiceGroup>): Uint8Array => {
  let size = 0;
  for (const group of groups.values()) size += fieldSize(resourceSpansSize(group));
  const message = Buffer.allocUnsafeSlow(size);
  let at = 0;
  for (const group of groups.values()) {
    at = putHeader(message, at, { tag: 0x0a, length: resourceSpansSize(group) });
    message.set(group.resource, at);
    at = putHeader(message, at + group.resource.length, { tag: 0x12, length: scopeSpansSize(group) });
    message.set(scopeField, at);
    at += scopeField.length;
    for (const span of group.spans) {
      out.copyTo(message, at, span);
      at += span.length;
    }
  }
  return message;
};

const scopeSpansSize = (group: ServiceGroup): number => scopeField.length + group.bytes;
const resourceSpansSize = (group: ServiceGroup): number =>
  group.resource.length + fieldSize(scopeSpansSize(group));

/** Tag, length and content of a length-delimited field with a field number below 16. */
const fieldSize = (length: number): number => 1 + varintSize(length) + length;

const varintSize = (value: number): number => Math.floor((38 - Math.clz32(value | 1)) / 7);

const putHeader = (
  message: Uint8Array,
  start: number,
  header: { readonly tag: number; readonly length: number },
): number => {
  let at = start;
  message[at++] = header.tag;
  let rest = header.length;
  while (rest > 0x7f) {
    message[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  message[at++] = rest;
  return at;
};
