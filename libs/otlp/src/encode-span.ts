import type { Attribute, AttributeValue, SpanEvent, SpanRecord, SpanStatus } from '@kaizen-trace/contracts';
import { unreachable } from '@kaizen-trace/contracts';
import type { BackwardWriter } from './backward-writer.js';

// opentelemetry-proto, trace/v1/trace.proto and common/v1/common.proto. A tag is field number << 3 | wire type
// (0 varint, 1 fixed64, 2 length-delimited):
//   Span      1 trace_id  2 span_id  4 parent_span_id  5 name  6 kind  7 start  8 end  9 attributes
//             10 dropped_attributes_count  11 events  15 status (flags, links and trace_state are left out)
//   Event     1 time  2 name  3 attributes  4 dropped_attributes_count
//   Status    2 message  3 code
//   KeyValue  1 key  2 value
//   AnyValue  1 string  2 bool  3 int  4 double  5 array;  ArrayValue  1 values
// A member of AnyValue's oneof is written even where it is the default of its type: that is what tells its type.

const kinds = { internal: 1, client: 3 } as const;

/** Writes the Span message, last field first, without tag or length. Equal records give equal bytes. */
export const writeSpan = (out: BackwardWriter, span: SpanRecord): void => {
  writeStatus(out, span.status);
  for (let i = span.events.length - 1; i >= 0; i--) writeEvent(out, span.events[i]!);
  writeCount(out, 0x50, span.droppedAttributes);
  writeAttributes(out, 0x4a, span.attributes);
  out.fixed64(span.end);
  out.byte(0x41);
  out.fixed64(span.start);
  out.byte(0x39);
  out.byte(kinds[span.kind]);
  out.byte(0x30);
  writeText(out, 0x2a, span.name);
  if (span.parentSpanId !== undefined) {
    out.hex(span.parentSpanId);
    out.byte(8);
    out.byte(0x22);
  }
  out.hex(span.spanId);
  out.byte(8);
  out.byte(0x12);
  out.hex(span.traceId);
  out.byte(16);
  out.byte(0x0a);
};

/** Writes length and tag of the message that began when the writer stood at `mark`. */
export const closeMessage = (out: BackwardWriter, tag: number, mark: number): void => {
  out.varint(out.written - mark);
  out.byte(tag);
};

/** Writes attributes as repeated KeyValue fields under `tag`, the last one first, so that they stand in order. */
export const writeAttributes = (out: BackwardWriter, tag: number, attributes: readonly Attribute[]): void => {
  for (let i = attributes.length - 1; i >= 0; i--) {
    const [key, value] = attributes[i]!;
    const mark = out.written;
    writeAnyValue(out, value);
    closeMessage(out, 0x12, mark);
    out.text(key);
    out.byte(0x0a);
    closeMessage(out, tag, mark);
  }
};

const writeAnyValue = (out: BackwardWriter, value: AttributeValue): void => {
  if (typeof value === 'string') {
    out.text(value);
    out.byte(0x0a);
  } else if (typeof value === 'boolean') {
    out.byte(value ? 1 : 0);
    out.byte(0x10);
  } else if (typeof value === 'number') {
    // Above 2^53−1 a number no longer says which integer was meant. -0 is the int 0.
    if (Number.isSafeInteger(value)) writeInt(out, value);
    else writeDouble(out, value);
  } else if ('double' in value) {
    writeDouble(out, value.double);
  } else {
    writeArray(out, value);
  }
};

const writeArray = (
  out: BackwardWriter,
  values: readonly string[] | readonly boolean[] | readonly number[],
): void => {
  const mark = out.written;
  const ints = values.every(Number.isSafeInteger);
  for (let i = values.length - 1; i >= 0; i--) {
    const value = values[i]!;
    const element = out.written;
    if (typeof value === 'number' && !ints) writeDouble(out, value);
    else writeAnyValue(out, value);
    closeMessage(out, 0x0a, element);
  }
  closeMessage(out, 0x2a, mark);
};

const writeInt = (out: BackwardWriter, value: number): void => {
  out.int64(value);
  out.byte(0x18);
};

const writeDouble = (out: BackwardWriter, value: number): void => {
  out.double(value);
  out.byte(0x21);
};

const writeEvent = (out: BackwardWriter, event: SpanEvent): void => {
  const mark = out.written;
  writeCount(out, 0x20, event.droppedAttributes);
  writeAttributes(out, 0x1a, event.attributes);
  writeText(out, 0x12, event.name);
  out.fixed64(event.time);
  out.byte(0x09);
  closeMessage(out, 0x5a, mark);
};

const writeStatus = (out: BackwardWriter, status: SpanStatus): void => {
  if (status.code === 'unset') return;
  const mark = out.written;
  switch (status.code) {
    case 'ok':
      out.byte(1);
      out.byte(0x18);
      break;
    case 'error':
      out.byte(2);
      out.byte(0x18);
      writeText(out, 0x12, status.message);
      break;
    default:
      unreachable(status);
  }
  closeMessage(out, 0x7a, mark);
};

/** A plain string field; empty is the default and stays unwritten. */
const writeText = (out: BackwardWriter, tag: number, value: string): void => {
  if (value === '') return;
  out.text(value);
  out.byte(tag);
};

/** A uint32 field; 0 is the default and stays unwritten. */
const writeCount = (out: BackwardWriter, tag: number, count: number): void => {
  if (count === 0) return;
  out.varint(count);
  out.byte(tag);
};
